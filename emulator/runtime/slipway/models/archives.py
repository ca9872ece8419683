"""Model files that are zip archives: Keras, PyTorch, skops, numpy."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any, List

from .artifact import Artifact
from .pickles import foreign_to_torch, imports_of

# Of one member: configurations and pickles of tensors are far smaller.
_MAX_MEMBER_BYTES = 64 << 20


def recognise_zip(path: str, shown: str) -> Artifact:
    try:
        with zipfile.ZipFile(path) as archive:
            return _recognise(archive, shown)
    except zipfile.BadZipFile:
        return Artifact(shown, _format_of_name(shown), problem="it is cut off: the end of the archive is missing")
    except (OSError, ValueError, KeyError, RuntimeError, EOFError) as error:
        return Artifact(shown, _format_of_name(shown), problem=f"it is damaged: {error}")


def _format_of_name(name: str) -> str:
    endings = {".keras": "keras", ".skops": "skops", ".npz": "numpy", ".pt": "torch", ".pth": "torch", ".pt2": "torch"}
    return next((kind for ending, kind in endings.items() if name.lower().endswith(ending)), "unknown")


def _recognise(archive: zipfile.ZipFile, shown: str) -> Artifact:
    names = archive.namelist()
    if "metadata.json" in names and "config.json" in names:
        return _keras(archive, shown)
    if "schema.json" in names:
        return _skops(archive, shown)
    if names and all(name.endswith(".npy") for name in names):
        return Artifact(shown, "numpy")
    tops = {name.partition("/")[0] for name in names}
    if len(tops) == 1:
        top = next(iter(tops))
        if any(name in names for name in (f"{top}/archive_format", f"{top}/models/model.json")):
            return _torch_export(archive, f"{top}/models/model.json", shown)
        if f"{top}/constants.pkl" in names:
            return Artifact(shown, "torchscript")
        if f"{top}/data.pkl" in names:
            return _torch(archive, f"{top}/data.pkl", shown)
    return Artifact(shown, "unknown")


def _keras(archive: zipfile.ZipFile, shown: str) -> Artifact:
    metadata = _json(archive, "metadata.json")
    versions = {"keras": str(metadata["keras_version"])} if "keras_version" in metadata else {}
    runs_code = None
    if "Lambda" in _classes(_json(archive, "config.json")):
        runs_code = "it has a Lambda layer, whose Python code is in the file"
    return Artifact(shown, "keras", versions, runs_code)


def _classes(config: Any) -> List[str]:
    """Names of all classes that a Keras configuration makes."""
    found: List[str] = []
    waiting = [config]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if isinstance(value.get("class_name"), str):
                found.append(value["class_name"])
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
    return found


def _skops(archive: zipfile.ZipFile, shown: str) -> Artifact:
    schema = _json(archive, "schema.json")
    version = schema.get("_skops_version")
    return Artifact(shown, "skops", {} if version is None else {"skops": str(version)})


def _torch(archive: zipfile.ZipFile, member: str, shown: str) -> Artifact:
    foreign = foreign_to_torch(imports_of(io.BytesIO(_read(archive, member))))
    runs_code = f"its pickle imports {', '.join(foreign[:3])}" if foreign else None
    return Artifact(shown, "torch", {}, runs_code)


def _torch_export(archive: zipfile.ZipFile, member: str, shown: str) -> Artifact:
    version = None
    if member in archive.namelist() and archive.getinfo(member).file_size <= _MAX_MEMBER_BYTES:
        version = _json(archive, member).get("torch_version")
    return Artifact(shown, "torch-export", {} if version is None else {"torch": str(version)})


def _json(archive: zipfile.ZipFile, member: str) -> Any:
    return json.loads(_read(archive, member))


def _read(archive: zipfile.ZipFile, member: str) -> bytes:
    with archive.open(member) as file:
        data = file.read(_MAX_MEMBER_BYTES + 1)
    if len(data) > _MAX_MEMBER_BYTES:
        raise ValueError(f"{member} has more than {_MAX_MEMBER_BYTES >> 20} MiB")
    return data
