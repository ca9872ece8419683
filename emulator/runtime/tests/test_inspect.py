"""Classes found by parsing, without running anything."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict

import pytest
from support.process import environment

from slipway.inspect import inspect_source


def only(source: str) -> Dict[str, Any]:
    [found] = inspect_source(source)["classes"]
    assert isinstance(found, dict)
    return found


def test_classes_methods_and_imports_are_found_with_their_lines() -> None:
    source = """import os, numpy.linalg as la
from PIL import Image
from . import near
from slipway.tensorflow import TensorFlowService
try:
    import cv2
except ImportError:
    pass

class Digits(TensorFlowService, metaclass=X):
    def load_model(self):
        import late
    def execute(self, data, batch_size): ...

class Other(a.b.Base): pass
"""
    assert inspect_source(source) == {
        "classes": [
            {
                "name": "Digits",
                "line": 10,
                "loadModel": {"line": 11},
                "execute": {"line": 13},
                "bases": ["TensorFlowService"],
            },
            {"name": "Other", "line": 15, "bases": ["a.b.Base"]},
        ],
        "imports": ["os", "numpy", "PIL", "slipway", "cv2"],
        "needs": [
            {"module": "os", "line": 1},
            {"module": "numpy", "line": 1},
            {"module": "PIL", "line": 2},
            {"module": "slipway", "line": 4},
        ],
    }


def test_what_is_imported_under_a_condition_is_not_needed() -> None:
    source = "if TYPE_CHECKING:\n    import torch\nelse:\n    import numpy\nclass A:\n    import cv2\n    import cv2\n"
    assert inspect_source(source)["needs"] == [{"module": "cv2", "line": 6}]


@pytest.mark.parametrize(
    "signature",
    [
        "(self, data, batch_size)",
        "(self, data, batch_size, extra=1)",
        "(self, *a)",
        "(s, /, d, n)",
        "(self, data, *rest)",
    ],
)
def test_signatures_that_can_be_called_have_no_problem(signature: str) -> None:
    assert "problem" not in only(f"class A:\n def execute{signature}: pass\n")["execute"]


@pytest.mark.parametrize(
    ("method", "word"),
    [
        ("def execute(self, data): pass", "(self, data)"),
        ("def execute(self, a, b, c): pass", "(self, a, b, c)"),
        ("def execute(): pass", "()"),
        ("async def execute(self, data, batch_size): pass", "async"),
        ("@staticmethod\n def execute(data, batch_size): pass", "staticmethod"),
        ("def execute(self, data, batch_size, *, model): pass", "model"),
    ],
)
def test_f15_a_wrong_signature_is_a_problem_with_the_expected_form(method: str, word: str) -> None:
    problem = only(f"class A:\n {method}\n")["execute"]["problem"]
    assert word in problem and "execute(self, data, batch_size)" in problem


def test_f15_a_syntax_error_has_its_place() -> None:
    error = inspect_source("x = 1\nclass A(:\n")["syntaxError"]
    assert error["line"] == 2 and error["column"] >= 1 and error["message"]
    assert inspect_source(b"\xff\xfe")["syntaxError"]["line"] >= 1
    assert inspect_source("x = 1\0")["syntaxError"]["line"] >= 1
    assert "syntaxError" in inspect_source("(" * 5000)


def test_the_command_prints_json_and_runs_nothing_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "main.py"
    file.write_text("import os\nos._exit(3)\nclass A:\n def load_model(self): pass\n")
    command = [sys.executable, "-m", "slipway.inspect"]
    run = subprocess.run([*command, str(file)], env=environment(), capture_output=True, check=True)
    assert json.loads(run.stdout)["classes"][0]["loadModel"] == {"line": 4}
    assert subprocess.run([*command, str(tmp_path / "no.py")], env=environment(), capture_output=True).returncode == 1
    assert subprocess.run(command, env=environment(), capture_output=True).returncode == 2


def test_the_probe_tells_what_python_this_is() -> None:
    command = [sys.executable, "-m", "slipway.inspect", "--probe"]
    run = subprocess.run(command, env=environment(), capture_output=True, check=True)
    probe = json.loads(run.stdout)
    assert probe["version"] == platform.python_version() and probe["executable"] == sys.executable
    assert set(probe) == {"version", "implementation", "platform", "machine", "executable"}
