"""One JSON object on standard output about a service that is loaded in this process, which it ends.

What the service prints goes to standard error.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from typing import Any, Callable, Dict, NoReturn

from ..config import WorkerConfig
from ..output import write_all
from ..reason import Failure, Reason
from ..worker import drop_working_directory, prepare
from .subject import Subject

# As in the schema of slipway.json.
LOAD_MS = 120_000


class Report:
    """From here on, standard output is the report's alone."""

    def __init__(self) -> None:
        drop_working_directory()
        self._fd = os.dup(1)
        os.dup2(2, 1)

    def load(self, config: WorkerConfig, load_ms: int) -> Subject:
        """The service. Raises Failure. One that never returns ends the process with load_timeout."""
        prepare(config, False)
        os.chdir(config.bundle_dir)
        watch = threading.Timer(load_ms / 1000, self._give_up, (load_ms,))
        watch.daemon = True
        watch.start()
        subject = Subject(config)
        watch.cancel()
        return subject

    def end_with(self, make: Callable[[], Dict[str, Any]], is_good: Callable[[Dict[str, Any]], bool]) -> NoReturn:
        """Writes what `make` returns, or the Failure that it raises. Exit code 0 when it is good."""
        try:
            value = make()
        except Failure as failure:
            value = {"failure": failure.reason.to_json()}
        self._write(value)
        sys.stdout.flush()
        # Threads of the service must not keep the process.
        os._exit(0 if is_good(value) else 1)

    def _give_up(self, load_ms: int) -> None:
        reason = Reason("load_timeout", f"the service did not load within {load_ms / 1000:g} s", None, None)
        self._write({"failure": reason.to_json()})
        os._exit(1)

    def _write(self, value: Dict[str, Any]) -> None:
        write_all(self._fd, json.dumps(value).encode() + b"\n")
