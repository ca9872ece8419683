"""`python -m slipway.target [NAME]`: what a service finds here, as the JSON that `slipway check --target` reads.

Run it in a base image and keep what it prints. It needs no other part of Slipway, so that it runs as a single file too.
"""

from __future__ import annotations

import json
import platform
import re
import subprocess
import sys
from importlib.metadata import distributions
from typing import Any, Dict, List, Optional, Sequence, Set

_SECONDS = 20


def target(name: str) -> Dict[str, Any]:
    """Python, its packages, those of Debian with what they provide, and the CUDA version of the driver."""
    packages: Dict[str, str] = {}
    for each in distributions():
        title = each.metadata["Name"]
        if title:
            packages.setdefault(str(title), each.version)
    return {
        "name": name,
        "python": [platform.python_version()],
        "system": sys.platform,
        "machine": platform.machine(),
        "cuda": cuda(_output(["nvidia-smi"])),
        "packages": packages,
        "apt": debian(_output(["dpkg-query", "-W", "-f", "${Package}, ${Provides}, ${db:Status-Status}\n"])),
    }


def cuda(told: str) -> Optional[str]:
    """The version that the header of nvidia-smi names; None where there is no driver."""
    found = re.search(r"CUDA Version:\s*([0-9]+\.[0-9]+)", told)
    return None if found is None else found.group(1)


def debian(told: str) -> List[str]:
    """Names of the installed packages and of what they provide."""
    names: Set[str] = set()
    for line in told.splitlines():
        parts = [re.sub(r"\s*\(.*\)|:.*", "", part.strip()) for part in line.split(",")]
        if parts[-1] == "installed":
            names.update(part for part in parts[:-1] if part)
    return sorted(names)


def _output(command: Sequence[str]) -> str:
    try:
        found = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False)
    except (OSError, subprocess.SubprocessError):
        return ""
    return found.stdout.decode("utf-8", "replace") if found.returncode == 0 else ""


if __name__ == "__main__":
    print(json.dumps(target(sys.argv[1] if len(sys.argv) > 1 else platform.node() or "image")))
