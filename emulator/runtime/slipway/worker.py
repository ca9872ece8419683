"""One worker process: `python -m slipway.worker`. Reads its configuration and becomes the replica that it describes.

Its main thread loads and executes (serving.py); the control thread (control.py) answers everything else meanwhile.
"""

from __future__ import annotations

import argparse
import faulthandler
import json
import os
import signal
import sys
from typing import Any, Callable, List, NoReturn, Optional, Union

from .capture import Capture
from .config import WorkerConfig, parse_config
from .hosting import Host
from .lifeline import EXIT_BROKEN, die_with_parent, kill_own_group, take_stdin, watch_in_thread
from .listener import listening_line
from .output import connect_output, write_all
from .reason import user_traceback
from .serving import Worker
from .threads import cap_by_environment, cap_loaded


def prepare(config: WorkerConfig, is_warm: bool) -> None:
    """Environment and thread caps. `is_warm`: numeric libraries are imported already."""
    os.environ.update(config.environment)
    cap_by_environment(config.threads, config.environment)
    os.environ["CUDA_VISIBLE_DEVICES"] = ",".join(map(str, config.gpus))
    # When memory runs out, a replica goes before the platform does.
    try:
        with open("/proc/self/oom_score_adj", "w", encoding="ascii") as score:
            score.write("500")
    except OSError:
        pass
    os.environ["SLIPWAY_REPLICA"] = config.replica
    os.environ["SLIPWAY_THREADS"] = str(config.threads)
    if is_warm:
        cap_loaded(config.threads)


def set_signals(drain: Callable[[], None], signal_fd: int) -> None:
    """SIGTERM drains; SIGINT is for the one who holds the terminal, not for workers."""
    signal.set_wakeup_fd(signal_fd, warn_on_full_buffer=False)
    signal.signal(signal.SIGTERM, lambda number, frame: drain())
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def run_worker(
    config: WorkerConfig, lifeline: Optional[int], capture: Optional[Capture] = None, json_logs: bool = False
) -> NoReturn:
    """The whole life of a worker process. `capture`: streams that a warm parent has installed already."""
    is_warm = capture is not None
    code = EXIT_BROKEN
    try:
        prepare(config, is_warm)
        if config.output_socket is not None:
            connect_output(config.output_socket, config.replica)
        if capture is None:
            capture = Capture(lambda stream, text, dropped: None, config.log_lines_per_second)
        worker: Union[Host, Worker]
        if config.server is None:
            worker = Worker(config, lifeline, capture, json_logs)
        else:
            worker = Host(config, config.server, lifeline, capture, json_logs)
        if not json_logs and (config.output_socket is None or config.listen.path is None):
            write_all(1, json.dumps(listening_line(config.listen, worker.listener)).encode("ascii") + b"\n")
        capture.install()
        faulthandler.enable(file=2)
        set_signals(worker.control.drain, worker.signal_fd)
        code = worker.run()
    except BaseException as error:
        write_all(2, f"slipway: the worker could not start: {user_traceback(error)}\n".encode("utf-8", "replace"))
    os._exit(code)


def drop_working_directory() -> None:
    """`python -m` puts the current directory first on the path, where any file would hide a library."""
    is_safe = getattr(sys.flags, "safe_path", False)
    if not is_safe and sys.path and sys.path[0] in ("", os.getcwd()):
        del sys.path[0]


def read_line(fd: int) -> bytes:
    """One line, without reading ahead of it by more than the pipe holds."""
    data = bytearray()
    while b"\n" not in data:
        chunk = os.read(fd, 65536)
        if not chunk:
            break
        data += chunk
    return bytes(data)


def main(arguments: Optional[List[str]] = None) -> NoReturn:
    parser = argparse.ArgumentParser(prog="slipway.worker", description="Runs one replica of a service.")
    parser.add_argument("--config", metavar="FILE", help="worker configuration; default: first line of standard input")
    options = parser.parse_args(arguments)
    drop_working_directory()
    lifeline: Optional[int] = None
    try:
        if options.config is None:
            value: Any = json.loads(read_line(0))
        else:
            with open(options.config, encoding="utf-8") as file:
                value = json.load(file)
        config = parse_config(value)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"slipway: the worker configuration cannot be used: {error}\n")
        sys.exit(2)
    if options.config is None:
        lifeline = take_stdin()
        # Under a warm parent, which ends what this process leaves behind. Without one the lifeline ends the whole
        # group, and the signal would come before it.
        if config.output_socket is not None:
            die_with_parent()
        if os.name == "nt":
            watch_in_thread(lifeline, kill_own_group)
            lifeline = None
    run_worker(config, lifeline, None, options.config is not None)


if __name__ == "__main__":
    main()
