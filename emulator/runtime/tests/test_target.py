"""What an image or a machine says of itself, for the drift gate."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from slipway import target

SCRIPT = Path(target.__file__)


def test_runs_as_a_single_file_and_tells_python_and_its_packages() -> None:
    found = subprocess.run([sys.executable, "-I", str(SCRIPT), "base"], capture_output=True, check=True)
    told = json.loads(found.stdout)
    assert (told["name"], told["python"]) == ("base", [platform.python_version()])
    assert "numpy" in told["packages"] and told["packages"]["numpy"][0].isdigit()


def test_runs_as_a_module_of_the_runtime(tmp_path: Path) -> None:
    root = str(SCRIPT.parents[1])
    found = subprocess.run(
        [sys.executable, "-m", "slipway.target"],
        capture_output=True,
        check=True,
        cwd=tmp_path,
        env={"PYTHONPATH": root},
    )
    assert json.loads(found.stdout)["machine"] == platform.machine()


def test_lists_debian_packages_that_are_installed_and_what_they_provide() -> None:
    told = (
        "libgomp1, , installed\n"
        "mawk, awk, installed\n"
        "libc6:amd64, libc-bin-x (= 2.36), installed\n"
        "removed-one, , config-files\n"
    )
    assert target.debian(told) == ["awk", "libc-bin-x", "libc6", "libgomp1", "mawk"]


@pytest.mark.parametrize(
    "told,version",
    [
        ("| NVIDIA-SMI 550.54   Driver Version: 550.54   CUDA Version: 12.4     |", "12.4"),
        ("no devices", None),
        ("", None),
    ],
)
def test_reads_the_cuda_version_of_the_driver(told: str, version: str) -> None:
    assert target.cuda(told) == version
