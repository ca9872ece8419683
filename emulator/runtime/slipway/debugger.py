"""The debugger in a replica: debugpy from beside the environment, connected to an adapter on this machine.

The adapter listens on a loopback port of its own choice and has to know the token; nothing listens here. Nothing of
this is imported before somebody asks for it. Threads of ours are not traced: pings are answered while `execute` is
stopped.
"""

from __future__ import annotations

import importlib
import os
import sys
import threading
import time
from typing import Any, Callable, Mapping, NamedTuple, Optional, Tuple

from .link.frames import PAUSED, ProtocolError, json_frame

# How often it is looked whether the threads are held; only while a debugger is there.
POLL_SECONDS = 0.05
# From reaching the adapter until the breakpoints are set.
_READY_SECONDS = 30.0
_READY_POLL_SECONDS = 0.02
_HOST = "127.0.0.1"
# pydevd's name for a thread that it holds.
_SUSPENDED = 2


class DebugOrder(NamedTuple):
    """See DebugOrder of schemas/debug.ts."""

    path: str
    port: int
    token: str


def parse_order(value: Any) -> DebugOrder:
    """Raises ValueError."""
    try:
        return DebugOrder(str(value["path"]), int(value["port"]), str(value["token"]))
    except (KeyError, TypeError) as error:
        raise ValueError(f"the order to debug does not fit its schema: {error!r}") from None


class Debugger:
    """`wake`: called when there may be news. Its methods may be called from any thread."""

    def __init__(self, wake: Callable[[], None]):
        self._wake = wake
        self._told = False
        self._connected = False
        # While it has to be looked at.
        self.active = False

    @property
    def paused(self) -> bool:
        """Whether the thread that executes is held."""
        return self._told

    def news(self) -> Optional[bytes]:
        """A PAUSED frame when the threads have been held or let go since the last time."""
        if not self.active:
            return None
        pydevd: Any = sys.modules.get("pydevd")
        attached = pydevd is not None and bool(pydevd._is_attached())
        if self._connected and pydevd.get_global_debugger() is None:
            # The adapter is gone: pydevd has let all threads go.
            self.active = self._connected = False
        info = getattr(threading.main_thread(), "additional_info", None)
        paused = attached and getattr(info, "pydev_state", 0) == _SUSPENDED
        if paused == self._told:
            return None
        self._told = paused
        return json_frame(PAUSED, {"paused": paused})

    def attach(self, order: DebugOrder) -> None:
        """Connects to the adapter and returns when its breakpoints are set, or it gave up. Raises nothing."""
        try:
            self._connect(order)
        except BaseException as error:
            sys.stderr.write(f"slipway: the debugger could not be reached: {type(error).__name__}: {error}\n")

    def attach_beside(self, value: Any) -> None:
        """The same for a process that serves, in a thread. Raises ProtocolError for what is no order."""
        try:
            order = parse_order(value)
        except ValueError as error:
            raise ProtocolError(str(error)) from None
        thread = threading.Thread(target=self.attach, args=(order,), name="slipway-debugger", daemon=True)
        thread.start()

    def _connect(self, order: DebugOrder) -> None:
        pydevd, ours = load_debugpy(order.path)
        for thread in threading.enumerate():
            if thread.name.startswith("slipway-"):
                _leave_alone(thread)
        self.active = True
        self._wake()
        pydevd.settrace(
            host=_HOST,
            port=order.port,
            suspend=False,
            access_token=order.token,
            wait_for_ready_to_run=False,
            block_until_connected=True,
            patch_multiprocessing=False,
            notify_stdin=False,
            dont_trace_start_patterns=ours,
            dont_trace_end_patterns=("debugpy_launcher.py",),
        )
        self._connected = True
        until = time.monotonic() + _READY_SECONDS
        while not pydevd._is_attached() and pydevd.get_global_debugger() is not None and time.monotonic() < until:
            time.sleep(_READY_POLL_SECONDS)


def load_debugpy(path: str) -> Tuple[Any, Tuple[str, ...]]:
    """pydevd, from the folder `path`, which is on the path for the import only; and folders that are not the user's."""
    os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"
    sys.path.append(path)
    try:
        debugpy: Any = importlib.import_module("debugpy.server.api")
        # Found once debugpy is there, which brings it along.
        pydevd: Any = importlib.import_module("pydevd")
    finally:
        sys.path.remove(path)
    own = os.path.dirname(os.path.abspath(__file__))
    return pydevd, (os.path.dirname(os.path.dirname(os.path.abspath(debugpy.__file__))), own)


def _leave_alone(thread: threading.Thread) -> None:
    marks: Mapping[str, bool] = {"pydev_do_not_trace": True, "is_pydev_daemon_thread": True}
    for name, value in marks.items():
        setattr(thread, name, value)
