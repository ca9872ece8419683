"""What code of 2017 calls of numpy and is not there, or not so, any more. Only added where it is missing."""

from __future__ import annotations

from typing import Any

# Aliases of Python's own types, which numpy 1.24 took away.
_ALIASES = {"int": int, "float": float, "bool": bool, "object": object, "str": str, "complex": complex}


def bring_back() -> None:
    """Aliases of types, and `array_str` of single numbers."""
    import numpy

    names: Any = numpy
    present = vars(numpy)
    for name, value in _ALIASES.items():
        # `numpy.bool` came back as numpy's own type.
        if name not in present:
            setattr(names, name, value)
    original: Any = names.array_str
    if getattr(original, "takes_numbers", False):
        return

    def array_str(a: Any, *arguments: Any, **options: Any) -> Any:
        return original(numpy.asarray(a), *arguments, **options)

    array_str.takes_numbers = True  # type: ignore[attr-defined]
    names.array_str = array_str
