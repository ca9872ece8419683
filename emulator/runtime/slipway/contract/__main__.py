"""`python -m slipway.contract FOLDER [--seed N] [--batch NAME,NAME]`: the report as one JSON object on standard output.

What the service prints goes to standard error. Exit code 0 when the contract holds, 1 when not or when it did not load.
"""

from __future__ import annotations

import argparse
from typing import Any, Dict

from ..reason import Failure
from .check import check_contract
from .folder import folder_config
from .report import LOAD_MS, Report


def broken(options: argparse.Namespace, report: Report) -> Dict[str, Any]:
    """What does not hold. Raises Failure."""
    subject = report.load(folder_config(options.folder), options.load_ms)
    batch = None if options.batch is None else options.batch.split(",")
    unknown = [name for name in batch or [] if name not in subject]
    if unknown:
        raise Failure("path_missing", f"there is no sample {unknown[0]}", None, "Name files of the samples folder.")
    return {"broken": [each.to_json() for each in check_contract(subject, options.seed, batch)]}


def main() -> None:
    parser = argparse.ArgumentParser(prog="slipway.contract")
    parser.add_argument("folder")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--load-ms", type=int, default=LOAD_MS, help="how long the service may take to load")
    parser.add_argument("--batch", help="names of samples, separated by commas")
    options = parser.parse_args()
    report = Report()
    report.end_with(lambda: broken(options, report), lambda value: value.get("broken") == [])


if __name__ == "__main__":
    main()
