"""`python -m slipway.models PATH…`: the model files of each path as JSON; `{"artifacts": [...]}`. Nothing is loaded."""

from __future__ import annotations

import json
import sys
from typing import Sequence

from .recognise import recognise_all


def main(paths: Sequence[str]) -> int:
    if not paths:
        sys.stderr.write("usage: python -m slipway.models PATH…\n")
        return 2
    try:
        artifacts = [artifact.to_json() for path in paths for artifact in recognise_all(path)]
    except OSError as error:
        sys.stderr.write(f"slipway: {error.filename} cannot be read: {error.strerror}\n")
        return 1
    sys.stdout.write(json.dumps({"artifacts": artifacts}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
