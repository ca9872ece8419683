"""Threads of numeric libraries: by environment before they are imported, by their own calls after a fork."""

from __future__ import annotations

import os
import sys
from typing import Any, Mapping

VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "NUMEXPR_MAX_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "BLIS_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
)
# Names that OpenBLAS goes by: the system's, numpy's own with 64-bit and 32-bit integers, SciPy's.
_OPENBLAS = (
    "openblas_set_num_threads",
    "openblas_set_num_threads64_",
    "scipy_openblas_set_num_threads64_",
    "scipy_openblas_set_num_threads",
)


def cap_by_environment(threads: int, chosen: Mapping[str, str]) -> None:
    """For libraries that are yet to be imported. What the user chose in `chosen` stays."""
    for name in VARIABLES:
        if name not in chosen:
            os.environ[name] = str(threads)


def cap_loaded(threads: int) -> None:
    """For libraries that a warm parent imported with one thread. Does what it can, and raises nothing."""
    torch: Any = sys.modules.get("torch")
    try:
        if torch is not None:
            torch.set_num_threads(threads)
    except Exception:
        pass
    if threads == 1 or "numpy" not in sys.modules:
        return
    try:
        _cap_openblas(threads)
    except Exception:
        pass


def _cap_openblas(threads: int) -> None:
    import ctypes

    with open("/proc/self/maps", encoding="utf-8", errors="replace") as maps:
        paths = {line.split(None, 5)[5].strip() for line in maps if "openblas" in line and line.count("/")}
    for path in paths:
        library = ctypes.CDLL(path)
        for name in _OPENBLAS:
            if hasattr(library, name):
                getattr(library, name)(threads)
                break
