"""Faults told over a control link; what they do to a whole worker is the engines' contract (test/contract)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support.client import ERROR, FAULT, pack_frame
from support.process import WorkerProcess

SERVICE = """
class Service:
    def load_model(self):
        pass
    def execute(self, data, batch_size):
        return [bytes(item) for item in data]
"""


@pytest.mark.parametrize(
    "fault",
    [[], {}, {"kind": "explode"}, {"kind": "slow"}, {"kind": "slow", "factor": "x"}, {"kind": "dropLink", "ms": None}],
)
def test_what_is_no_fault_costs_its_sender_the_link_and_nobody_else(fault: Any) -> None:
    with WorkerProcess(SERVICE) as worker:
        control = worker.control()
        control.wait_state("ready")
        control.send(pack_frame(FAULT, json.dumps(fault).encode()))
        assert control.next_json(ERROR)["code"] == "link_protocol"
        assert worker.data().call([b"a"]).rows[0].body == b"a"


def test_a_load_that_is_to_fail_says_so() -> None:
    with WorkerProcess(SERVICE, failLoad=True) as worker:
        reason = worker.failed()
        assert reason["code"] == "load_failed"
        assert "injected" in reason["message"]
