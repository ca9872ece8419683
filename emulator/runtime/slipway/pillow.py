"""Makes `PIL.Image.open(item)` read the item: Pillow takes all bytes for a file name, and an item is bytes."""

from __future__ import annotations

import functools
import importlib.abc
import io
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, Optional, Sequence

_MODULE = "PIL.Image"


def teach_pillow(item_class: type) -> None:
    """Patches Pillow now when it is imported already, else when it is. Imports nothing itself."""
    module = sys.modules.get(_MODULE)
    if module is not None:
        _patch(module, item_class)
    elif not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder(item_class))


def _patch(module: Any, item_class: type) -> None:
    original: Any = module.open
    if getattr(original, "knows_items", False):
        return

    @functools.wraps(original)
    def open_image(fp: Any, *arguments: Any, **options: Any) -> Any:
        if isinstance(fp, bytes) and isinstance(fp, item_class):
            fp = io.BytesIO(fp)
        return original(fp, *arguments, **options)

    open_image.knows_items = True  # type: ignore[attr-defined]
    module.open = open_image


class _Finder(importlib.abc.MetaPathFinder):
    """Finds PIL.Image like everyone else, and patches it once it is executed."""

    def __init__(self, item_class: type):
        self._item_class = item_class

    def find_spec(
        self, fullname: str, path: Optional[Sequence[str]], target: Optional[ModuleType] = None
    ) -> Optional[ModuleSpec]:
        if fullname != _MODULE:
            return None
        for finder in sys.meta_path:
            if finder is self or not hasattr(finder, "find_spec"):
                continue
            spec = finder.find_spec(fullname, path, target)
            if spec is not None:
                if spec.loader is not None and hasattr(spec.loader, "exec_module"):
                    self._wrap(spec.loader)
                return spec
        return None

    def _wrap(self, loader: Any) -> None:
        execute = loader.exec_module
        item_class = self._item_class

        def exec_module(module: ModuleType) -> None:
            execute(module)
            _patch(module, item_class)

        loader.exec_module = exec_module
