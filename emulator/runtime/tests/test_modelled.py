"""A recorded profile in the place of a service: its times, its answers, and why it would not load."""

from __future__ import annotations

from typing import List

import pytest
from support.process import WorkerProcess

from slipway.modelled import Modelled, parse_profile, seconds_of
from slipway.profile import sizes_up_to
from slipway.reason import Failure

COSTS = [(1, 0.010), (4, 0.016), (8, 0.020)]


@pytest.mark.parametrize(("size", "seconds"), [(1, 0.010), (2, 0.012), (4, 0.016), (6, 0.018), (8, 0.020), (16, 0.028)])
def test_between_and_past_the_sizes_that_were_measured_costs_lie_on_lines(size: int, seconds: float) -> None:
    assert seconds_of(COSTS, size) == pytest.approx(seconds)


def test_one_measured_size_stands_for_all_and_no_cost_is_negative() -> None:
    assert seconds_of([(4, 0.5)], 64) == 0.5
    assert seconds_of([(1, 0.5), (2, 0.1)], 64) == 0.0


def test_sizes_are_powers_of_two_and_the_largest_batch() -> None:
    assert [sizes_up_to(largest) for largest in (1, 2, 5, 8)] == [[1], [1, 2], [1, 2, 4, 5], [1, 2, 4, 8]]


def test_it_takes_the_recorded_times_and_gives_requests_back() -> None:
    slept: List[float] = []
    batches = [{"size": 1, "ms": 10, "runs": 1}, {"size": 3, "ms": 30, "runs": 1}]
    service = Modelled(parse_profile({"device": "a card", "loadMs": 1500, "batches": batches}), slept.append)
    service.load_model()
    assert service.execute([b"a", b"b"], 2) == [b"a", b"b"]
    assert slept == pytest.approx([1.5, 0.02])


def test_it_does_not_load_where_the_service_would_find_no_room() -> None:
    profile = {"device": "a card", "loadMs": 0, "batches": [{"size": 1, "ms": 1}], "problem": "too large"}
    with pytest.raises(Failure, match="too large"):
        Modelled(parse_profile(profile)).load_model()
    with WorkerProcess("raise SystemExit('never imported')", profile=profile) as worker:
        assert worker.failed()["code"] == "replica_oom"


def test_a_worker_with_a_profile_runs_none_of_the_service() -> None:
    profile = {"device": "a card", "loadMs": 1, "batches": [{"size": 1, "ms": 1, "runs": 1}]}
    with WorkerProcess("raise SystemExit('never imported')", profile=profile) as worker:
        worker.ready()
        assert [row.body for row in worker.data().call([b"a", b"b"]).rows] == [b"a", b"b"]
        assert "a model: a recorded profile of a card" in worker.stdout()
