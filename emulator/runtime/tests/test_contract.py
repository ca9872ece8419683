"""Services that break the batch contract, each in its own way, are found out with the smallest batch that shows it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, List

import pytest

from slipway.contract.growth import check_growth
from slipway.contract.shrink import shrink
from slipway.testing import assert_contract

RUNTIME = Path(__file__).resolve().parents[1]


def _folder(tmp_path: Path, execute: str, load: str = "pass", samples: int = 4, batch: int = 16) -> Path:
    main = f"""
import random, threading, time

class Service:
    def load_model(self):
        self.memory = []
        {load}

    def execute(self, data, batch_size):
{execute}
"""
    (tmp_path / "main.py").write_text(main)
    manifest = {"name": "t", "main": "main.py", "class": "Service", "batching": {"maxBatchSize": batch}}
    (tmp_path / "slipway.json").write_text(json.dumps(manifest))
    (tmp_path / "samples").mkdir()
    for index in range(samples):
        (tmp_path / "samples" / f"s{index}.json").write_text(json.dumps([index, index * 2]))
    return tmp_path


def _report(folder: Path, *more: str) -> Dict[str, Any]:
    command = [sys.executable, "-m", "slipway.contract", str(folder), *more]
    ended = subprocess.run(command, capture_output=True, cwd=RUNTIME, timeout=120, check=False)
    value: Dict[str, Any] = json.loads(ended.stdout)
    assert ended.returncode == (0 if value.get("broken") == [] else 1)
    return value


GOOD = "        return [sum(item.json()) for item in data]"
FAULTS = {
    "mean of the batch": (
        "        mean = sum(item.json()[0] for item in data) / batch_size\n"
        "        return [item.json()[0] - mean for item in data]",
        "neighbours",
        2,
    ),
    "sorted": ("        return sorted((item.json()[0] for item in data), reverse=True)", "order", 2),
    "one too few above two": (
        "        found = [item.json()[0] for item in data]\n        return found[:-1] if batch_size > 2 else found",
        "count",
        3,
    ),
    "no list": ("        return None", "alone", 1),
    "random": ("        return [random.random() for item in data]", "repeat", 1),
    "raises above ten": (
        "        if batch_size > 10:\n            raise MemoryError('too many')\n        return [1 for item in data]",
        "maximum",
        11,
    ),
    "remembers": (
        "        self.memory += [item.json()[0] for item in data]\n"
        "        return [item.json()[0] + (len(self.memory) > 30) for item in data]",
        None,
        None,
    ),
}


def test_a_good_service_holds_the_contract(tmp_path: Path) -> None:
    assert _report(_folder(tmp_path, GOOD)) == {"broken": []}


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_names_the_property_and_the_smallest_batch(fault: str, tmp_path: Path) -> None:
    execute, broken, size = FAULTS[fault]
    found = _report(_folder(tmp_path, execute))["broken"]
    assert len(found) == 1
    if broken is not None:
        assert (found[0]["property"], len(found[0]["batch"])) == (broken, size), found


def test_a_batch_can_be_run_again_by_itself(tmp_path: Path) -> None:
    execute, _, _ = FAULTS["mean of the batch"]
    folder = _folder(tmp_path, execute)
    assert _report(folder, "--batch", "s0.json,s3.json")["broken"][0]["batch"] == ["s0.json", "s3.json"]
    assert _report(folder, "--batch", "s2.json")["broken"] == []
    assert _report(folder, "--batch", "nothing")["failure"]["message"] == "there is no sample nothing"


def test_threads_and_memory_that_grow_with_each_batch_are_told(tmp_path: Path) -> None:
    threads = "        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n" + GOOD
    assert [each["property"] for each in _report(_folder(tmp_path, threads))["broken"]] == ["threads"]


def test_memory_that_grows_with_each_batch_is_told() -> None:
    kept: List[bytes] = []
    assert [each.property for each in check_growth(lambda: kept.append(b"x" * (1 << 20)))] == ["memory"]


def test_what_does_not_load_says_why(tmp_path: Path) -> None:
    found = _report(_folder(tmp_path, GOOD, load="raise OSError('no weights')"))
    assert found["failure"]["code"] == "load_failed" and "no weights" in found["failure"]["message"]


def test_without_samples_there_is_nothing_to_try(tmp_path: Path) -> None:
    found = _report(_folder(tmp_path, GOOD, samples=0))
    assert "no samples" in found["failure"]["message"]


def test_in_pytest_it_is_an_assertion(tmp_path: Path) -> None:
    assert_contract(str(_folder(tmp_path, GOOD)))
    execute, _, _ = FAULTS["sorted"]
    (tmp_path / "bad").mkdir()
    with pytest.raises(AssertionError, match=r"order: .*batch=\["):
        assert_contract(str(_folder(tmp_path / "bad", execute)))


def test_shrinking_keeps_what_fails() -> None:
    batch = [str(number) for number in range(40)]
    assert shrink(batch, lambda part: "7" in part and "31" in part) == ["7", "31"]
    assert len(shrink(batch, lambda part: len(part) >= 11)) == 11
