"""`python -m slipway.contract FOLDER [--seed N] [--batch NAME,NAME]`: the report as one JSON object on standard output.

What the service prints goes to standard error. Exit code 0 when the contract holds, 1 when not or when it did not load.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
from typing import Any, Dict

from ..output import write_all
from ..reason import Failure, Reason
from ..worker import drop_working_directory, prepare
from .check import check_contract
from .folder import folder_config
from .subject import Subject

# As in the schema of slipway.json.
_LOAD_MS = 120_000


def _give_up(report_fd: int, load_ms: int) -> None:
    reason = Reason("load_timeout", f"the service did not load within {load_ms / 1000:g} s", None, None)
    write_all(report_fd, json.dumps({"failure": reason.to_json()}).encode() + b"\n")
    os._exit(1)


def main() -> int:
    parser = argparse.ArgumentParser(prog="slipway.contract")
    parser.add_argument("folder")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--load-ms", type=int, default=_LOAD_MS, help="how long the service may take to load")
    parser.add_argument("--batch", help="names of samples, separated by commas")
    options = parser.parse_args()
    drop_working_directory()
    report_fd = os.dup(1)
    os.dup2(2, 1)
    value: Dict[str, Any]
    try:
        config = folder_config(options.folder)
        prepare(config, False)
        os.chdir(config.bundle_dir)
        # A service that never returns is not waited for.
        watch = threading.Timer(options.load_ms / 1000, _give_up, (report_fd, options.load_ms))
        watch.daemon = True
        watch.start()
        subject = Subject(config)
        watch.cancel()
        batch = None if options.batch is None else options.batch.split(",")
        unknown = [name for name in batch or [] if name not in subject]
        if unknown:
            raise Failure("path_missing", f"there is no sample {unknown[0]}", None, "Name files of the samples folder.")
        value = {"broken": [each.to_json() for each in check_contract(subject, options.seed, batch)]}
    except Failure as failure:
        value = {"failure": failure.reason.to_json()}
    write_all(report_fd, json.dumps(value).encode() + b"\n")
    return 0 if value.get("broken") == [] else 1


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    # Threads of the service must not keep the process.
    os._exit(code)
