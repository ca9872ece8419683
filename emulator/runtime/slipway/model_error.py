"""What is wrong with a model file: the file, what was expected, what was found, and what to do."""

from __future__ import annotations

import os
from contextlib import contextmanager
from importlib import metadata
from typing import Iterator, List, Optional, Sequence, Tuple

from .models.artifact import Artifact
from .models.recognise import recognise
from .reason import Failure, describe

# Base class of the SDK for each framework, named when a file belongs to another one.
CLASSES = {
    "tensorflow": "slipway.tensorflow.TensorFlowService",
    "keras": "slipway.keras.KerasService",
    "caffe": "slipway.caffe.CaffeService",
    "mxnet": "slipway.mxnet.MXNetService",
    "pytorch": "slipway.pytorch.PyTorchService",
    "onnx": "slipway.onnx.OnnxService",
    "sklearn": "slipway.sklearn.SklearnService",
    "xgboost": "slipway.xgboost.XGBoostService",
}


_TENSORFLOW = ("tensorflow", "tensorflow-cpu", "tensorflow-intel", "tensorflow-macos")


class ModelError(Failure):
    """A model that cannot be used, with the fix as its hint. The reason of a replica that does not become ready."""

    def __init__(self, message: str, hint: str):
        super().__init__("model_unusable", message, None, hint)


def installed_version(*distributions: str) -> Optional[str]:
    """Version of the first of these distributions that is installed."""
    for name in distributions:
        try:
            return metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return None


def is_newer(written: str, installed: str) -> bool:
    """Whether `written` is of a later minor release than `installed`."""
    return _release(written) > _release(installed)


def _release(version: str) -> Tuple[int, ...]:
    numbers = []
    for part in version.split(".")[:2]:
        digits = "".join(char for char in part if char.isdigit())
        numbers.append(int(digits) if digits else 0)
    return tuple(numbers)


# Distributions that read what a file's stamp names, where they have other names.
_READERS = {"tensorflow": _TENSORFLOW, "xgboost": ("xgboost", "xgboost-cpu")}


def newer_than_installed(artifact: Artifact) -> List[str]:
    """A line for each stamp of a release later than what is installed: it may be read, and mean other things."""
    lines = []
    for name, written in artifact.versions.items():
        installed = installed_version(*_READERS.get(name, (name,)))
        if installed is not None and is_newer(written, installed):
            lines.append(
                f"{artifact.path} was written by {name} {written}, and {installed} reads it: compare its answers"
            )
    return lines


@contextmanager
def opening(path: str, shown: str, library: str, distributions: Sequence[str]) -> Iterator[None]:
    """Whatever the library raises while it reads the file becomes a ModelError that says why, as far as can be told."""
    try:
        yield
    except Failure:
        raise
    except Exception as error:
        raise _explain(path, shown, library, distributions, error) from error


def _explain(path: str, shown: str, library: str, distributions: Sequence[str], error: Exception) -> ModelError:
    installed = installed_version(*distributions)
    name = library if installed is None else f"{library} {installed}"
    try:
        artifact = recognise(path, shown)
    except OSError as broken:
        return ModelError(f"{shown} cannot be read: {broken.strerror}", "Check the file and its permissions.")
    if artifact.problem is not None:
        return damaged(artifact)
    for distribution in distributions:
        written = artifact.versions.get(distribution)
        if written is not None and installed is not None and is_newer(written, installed):
            return ModelError(
                f"{shown} was written by {distribution} {written}, and {name} could not read it: {describe(error)}",
                f'Put {distribution}>={written} into "requirements" of slipway.json, or save the model with {name}.',
            )
    return ModelError(
        f"{shown} is {artifact.words}, and {name} could not read it: {describe(error)}",
        f'Save the model again with {name}, or put the version that wrote it into "requirements" of slipway.json.',
    )


def damaged(artifact: Artifact) -> ModelError:
    """For a file that is not whole."""
    return ModelError(
        f"{artifact.path} was expected to be {artifact.words}, but {artifact.problem}",
        "Copy or save the file again; compare its size with that of the original.",
    )


def wrong_kind(folder: str, found: Sequence[Artifact], expected: str, framework: str) -> ModelError:
    """For a folder without a file that the class can open."""
    shown = os.path.basename(folder.rstrip(os.sep)) or folder
    if not found:
        hint = 'Put the file there, or correct "model" in slipway.json.'
        return ModelError(f"{shown}: expected {expected}, found no model file", hint)
    what = "; ".join(f"{each.path} is {each.words}" for each in found[:5])
    other = next((each.framework for each in found if each.framework not in (None, framework)), None)
    if any(each.format == "pickle" for each in found):
        hint = "A pickle runs code when it is loaded, and is refused: save the model in the expected form."
    elif other is not None:
        hint = f"For this file derive the class from {CLASSES[other]}, or save the model in the expected form."
    else:
        hint = 'Save the model in the expected form, or correct "model" in slipway.json.'
    return ModelError(f"{shown}: expected {expected}, found: {what}", hint)


def refused_pickle(artifact: Artifact, safe_way: str) -> ModelError:
    """For a file whose loading would execute code."""
    return ModelError(f"{artifact.path} is refused: {artifact.runs_code or 'loading it can run code'}", safe_way)
