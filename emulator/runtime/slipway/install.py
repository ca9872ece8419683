"""Installs what a service needs and its image lacks: `python -m slipway.install REQUIREMENTS FOLDER`.

Run once in a pod, before the worker. What is there already and fits is left alone.
"""

from __future__ import annotations

import subprocess
import sys
from importlib import metadata
from typing import List

# pip's last lines say what is wrong.
_TAIL_CHARS = 2000


def missing(requirements: List[str]) -> List[str]:
    """Those that the interpreter does not satisfy. One whose form is not understood counts as missing."""
    try:
        from pip._vendor.packaging.requirements import InvalidRequirement, Requirement
    except ImportError:
        return requirements
    lacking = []
    for line in requirements:
        try:
            wanted = Requirement(line)
            if wanted.marker is not None and not wanted.marker.evaluate():
                continue
            found = metadata.version(wanted.name)
            if wanted.url is None and wanted.specifier.contains(found, prereleases=True):
                continue
        except (InvalidRequirement, metadata.PackageNotFoundError):
            pass
        lacking.append(line)
    return lacking


def main() -> int:
    path, folder = sys.argv[1], sys.argv[2]
    with open(path, encoding="utf-8") as file:
        lines = [line.strip() for line in file]
    lacking = missing([line for line in lines if line])
    if not lacking:
        return 0
    sys.stderr.write(f"installing {', '.join(lacking)}\n")
    command = [sys.executable, "-m", "pip", "install", "--no-cache-dir", "--target", folder, "--", *lacking]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    sys.stderr.write(done.stdout[-_TAIL_CHARS:])
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
