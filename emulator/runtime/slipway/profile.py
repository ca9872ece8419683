"""`python -m slipway.profile FOLDER`: what loading the service and executing batches of its samples cost here, as JSON.

What the service prints goes to standard error. The sizes are 1, 2, 4, … and the largest batch.
"""

from __future__ import annotations

import argparse
import datetime
import math
import os
import platform
import statistics
import subprocess
import sys
from typing import Any, Dict, List, NamedTuple, Optional

from .contract.folder import folder_config, folder_manifest
from .contract.report import LOAD_MS, Report
from .contract.subject import Subject
from .reason import Failure

# Of one size: enough for a median, and no longer than it takes to see that a batch is slow.
_MOST_RUNS = 25
_LEAST_RUNS = 3
_ENOUGH_SECONDS = 1.0
_WARM_UPS = 2
_MIB = 1 << 20


class Gpu(NamedTuple):
    """A card as its driver tells it; bytes."""

    name: str
    total: int


def sizes_up_to(largest: int) -> List[int]:
    """1, 2, 4, … and `largest`."""
    sizes = [1 << power for power in range(largest.bit_length()) if 1 << power < largest]
    return [*sizes, largest]


def measure(subject: Subject) -> List[Dict[str, Any]]:
    """The cost of each size with samples that may share a batch. Raises Failure when a batch is not answered."""
    names = subject.groups[0]
    costs = []
    for size in sizes_up_to(subject.max_batch_size):
        batch = [names[index % len(names)] for index in range(size)]
        for _ in range(_WARM_UPS):
            subject.seconds(batch)
        runs: List[float] = []
        while len(runs) < _LEAST_RUNS or (len(runs) < _MOST_RUNS and sum(runs) < _ENOUGH_SECONDS):
            runs.append(subject.seconds(batch))
        costs.append({"size": size, "ms": round(statistics.median(runs) * 1000, 4), "runs": len(runs)})
    return costs


def find_gpu() -> Gpu:
    """The first card. Raises Failure where the driver knows none."""
    rows = _ask_driver("--query-gpu=name,memory.total")
    if not rows:
        message = "the service asks for a GPU, and no driver here knows one"
        raise Failure("gpu_unavailable", message, None, "Record the profile where the card is; see slipway doctor.")
    name, total = rows[0].rsplit(",", 1)
    return Gpu(name.strip(), int(float(total)) * _MIB)


def gpu_memory() -> Optional[int]:
    """What this process has on cards; None where the driver does not tell, as it may not in containers."""
    own = str(os.getpid())
    rows = [row.split(",") for row in _ask_driver("--query-compute-apps=pid,used_memory")]
    mine = [row[1].strip() for row in rows if len(row) == 2 and row[0].strip() == own]
    used = [int(float(mebibytes)) * _MIB for mebibytes in mine if mebibytes != "[N/A]"]
    return sum(used) if used else None


def _ask_driver(query: str) -> List[str]:
    command = ["nvidia-smi", query, "--format=csv,noheader,nounits"]
    try:
        told = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return []
    return [line for line in told.splitlines() if line.strip()]


def processor() -> str:
    """The processor by its name, where the system tells it."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                if line.startswith("model name"):
                    return "CPU: " + line.partition(":")[2].strip()
    except OSError:
        pass
    return f"CPU: {platform.processor() or platform.machine()}"


def peak_memory() -> int:
    """Bytes; 0 where the system does not tell."""
    try:
        import resource
    except ImportError:
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def record(folder: str, load_ms: int, report: Report) -> Dict[str, Any]:
    """The profile of the service in `folder`. Raises Failure when it does not load, has no samples or no answer."""
    manifest = folder_manifest(folder)
    gpus = math.ceil(float((manifest.get("resources") or {}).get("gpu", 0)))
    gpu = find_gpu() if gpus > 0 else None
    config = folder_config(folder)._replace(gpus=list(range(gpus)))
    subject = report.load(config, load_ms)
    batches = measure(subject)
    on_card = None if gpu is None else gpu_memory()
    return {
        "profile": 1,
        "service": config.task,
        "device": processor() if gpu is None else gpu.name,
        "recordedAt": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "loadMs": round(subject.load_seconds * 1000, 1),
        "memoryBytes": peak_memory(),
        **({} if on_card is None else {"gpuMemoryBytes": on_card}),
        **({} if gpu is None else {"gpuTotalBytes": gpu.total}),
        "batches": batches,
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="slipway.profile")
    parser.add_argument("folder")
    parser.add_argument("--load-ms", type=int, default=LOAD_MS, help="how long the service may take to load")
    options = parser.parse_args()
    report = Report()
    report.end_with(
        lambda: {"profile": record(options.folder, options.load_ms, report)}, lambda value: "profile" in value
    )


if __name__ == "__main__":
    main()
