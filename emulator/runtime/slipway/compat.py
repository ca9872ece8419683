"""Interfaces of an earlier release under the names that old code imports: TensorFlow 1, Keras 2."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.util
import os
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, Mapping, Optional, Sequence

from .reason import Failure


def stand_in(compat: Mapping[str, int]) -> None:
    """Makes `import tensorflow` give tensorflow.compat.v1, and `import keras` tf-keras, where `compat` says so.

    Called before the main file is imported. Raises Failure with what to install.
    """
    if "tensorflow" in compat or "keras" in compat:
        # What the new names need of TensorFlow is imported while its own name is still its own.
        os.environ["TF_USE_LEGACY_KERAS"] = "1"
        if "keras" in compat or _is_installed("tf_keras"):
            keras = _need("tf_keras", "tf-keras")
            if "keras" in compat:
                _replace("keras", keras)
        if "tensorflow" in compat:
            tensorflow = _need("tensorflow", "tensorflow")
            v1 = tensorflow.compat.v1
            v1.disable_v2_behavior()
            v1.logging.set_verbosity(v1.logging.ERROR)
            # Submodules that old code imports, such as tensorflow.python, are those of TensorFlow itself.
            v1.__path__ = tensorflow.__path__
            sys.modules["tensorflow"] = v1


def _is_installed(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def _need(module: str, distribution: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise Failure(
            "load_failed",
            f'"compat" of slipway.json needs {distribution}, which cannot be imported: {error}',
            None,
            f'Put {distribution} into "requirements" of slipway.json.',
        ) from None


def _replace(name: str, module: ModuleType) -> None:
    for loaded in [each for each in sys.modules if each == name or each.startswith(f"{name}.")]:
        del sys.modules[loaded]
    sys.modules[name] = module
    sys.meta_path.insert(0, _Alias(name, module.__name__))


class _Alias(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds `keras.layers` as the very module `tf_keras.layers`: two copies would have two sets of classes."""

    def __init__(self, name: str, target: str):
        self._prefix = f"{name}."
        self._target = target

    def find_spec(
        self, fullname: str, path: Optional[Sequence[str]], target: Optional[ModuleType] = None
    ) -> Optional[ModuleSpec]:
        if not fullname.startswith(self._prefix):
            return None
        real = f"{self._target}.{fullname[len(self._prefix) :]}"
        try:
            module = importlib.import_module(real)
        except ModuleNotFoundError:
            return None
        return importlib.util.spec_from_loader(fullname, _Given(module))


class _Given(importlib.abc.Loader):
    """A module that is there already; the import system must not mark it as another one."""

    def __init__(self, module: ModuleType):
        self._module = module
        self._kept = (module.__spec__, module.__loader__)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__, module.__loader__ = self._kept
