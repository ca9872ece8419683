"""Whether replicas can be forked from a process that has made their imports, and what each of them has to change."""

from __future__ import annotations

import os
import random
import sys
import threading
from typing import Any, List, Optional

from .descendants import count_threads

# Frameworks that start threads or hold system services which do not survive a fork on macOS.
_UNSAFE_ON_MACOS = ("tensorflow", "torch", "mxnet", "jax", "cv2", "keras", "onnxruntime", "objc")


def why_not_forkable(preload: List[str]) -> Optional[str]:
    if not hasattr(os, "fork"):
        return "this system cannot fork"
    if sys.platform == "darwin":
        unsafe = [name for name in preload if name.split(".")[0] in _UNSAFE_ON_MACOS]
        if unsafe:
            return f"on macOS {unsafe[0]} does not survive a fork"
    threads = max(count_threads(), threading.active_count())
    if threads != 1:
        return f"the imports started {threads - 1} threads, which do not survive a fork"
    return None


def reseed() -> None:
    """Replicas of one parent must not draw the same numbers."""
    random.seed()
    numpy_random: Any = sys.modules.get("numpy.random")
    if numpy_random is not None:
        numpy_random.seed()
    torch: Any = sys.modules.get("torch")
    if torch is not None and hasattr(torch, "seed"):
        torch.seed()
