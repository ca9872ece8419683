"""What execute may do to a batch: results of every kind, exceptions, broken contracts, and their neighbours."""

from __future__ import annotations

import json
import random
from typing import Any, Dict, List, get_args

import pytest
from support.batches import bench, make_batch
from support.process import SCHEMAS

from slipway.execution import _bound
from slipway.link.result import Answer
from slipway.reason import TABLE, Code


class Point:
    """No value of JSON."""


@pytest.mark.parametrize(
    ("value", "content_type", "body"),
    [
        ("sieben", 1, b"sieben"),
        ("größer 重", 1, "größer 重".encode()),
        (b"\x00\xff", 0, b"\x00\xff"),
        (bytearray(b"ab"), 0, b"ab"),
        (memoryview(b"cd"), 0, b"cd"),
        (7, 2, b"7"),
        (-7, 2, b"-7"),
        (10**30, 2, b"1" + b"0" * 30),
        (1.5, 2, b"1.5"),
        (-0.0, 2, b"-0.0"),
        (True, 2, b"true"),
        (None, 2, b"null"),
        ({"a": [1, {"ü": None}]}, 2, '{"a":[1,{"ü":null}]}'.encode()),
        ([1, 2], 2, b"[1,2]"),
        ((1, 2), 2, b"[1,2]"),
    ],
)
def test_a_result_is_answered_as_what_it_is(value: Any, content_type: int, body: bytes) -> None:
    row = bench(lambda data, n: [value]).one(b"")
    assert (row.status, row.content_type, row.body) == (200, content_type, body)


def _always(value: Any) -> Any:
    return lambda data, n: [value] * n


def test_numpy_results_are_json() -> None:
    numpy = pytest.importorskip("numpy")
    for value, body in [
        (numpy.int64(3), b"3"),
        (numpy.float32(0.5), b"0.5"),
        (numpy.bool_(True), b"true"),
        (numpy.array([[1, 2], [3, 4]]), b"[[1,2],[3,4]]"),
        ({"best": numpy.int8(2), "all": numpy.array([1.0])}, b'{"best":2,"all":[1.0]}'),
    ]:
        row = bench(_always(value)).one(b"")
        assert (row.status, row.content_type, row.body) == (200, 2, body)


def test_a_numpy_array_of_the_right_length_is_a_list_of_results() -> None:
    numpy = pytest.importorskip("numpy")
    assert [row.body for row in bench(lambda data, n: numpy.arange(n)).run([b""] * 3).rows] == [b"0", b"1", b"2"]
    rows = bench(lambda data, n: numpy.eye(n)).run([b""] * 2).rows
    assert [row.json() for row in rows] == [[1.0, 0.0], [0.0, 1.0]]
    assert {row.code for row in bench(lambda data, n: numpy.arange(2)).run([b""] * 3).rows} == {"contract_count"}
    assert bench(lambda data, n: numpy.float64(1)).one(b"").code == "contract_type"


def test_f17_the_item_at_fault_answers_500_alone() -> None:
    def execute(data: List[bytes], n: int) -> List[bytes]:
        if b"bad" in data:
            raise ValueError("bad pixel")
        return list(data)

    probe = bench(execute)
    result = probe.run([b"a", b"b", b"bad", b"c", b"d"])
    assert [row.status for row in result.rows] == [200, 200, 500, 200, 200]
    assert [row.body for row in result.rows if row.status == 200] == [b"a", b"b", b"c", b"d"]
    assert result.rows[2].code == "service_raised"
    assert "ValueError: bad pixel" in result.rows[2].message
    assert result.rows[2].json()["requestId"] == "request-2"
    assert "traceback" not in result.rows[2].json()["error"]
    reason = result.head["reason"]
    assert reason["code"] == "service_raised"
    assert "bad pixel" in reason["traceback"] and "slipway/execution.py" not in reason["traceback"]
    assert result.executions == len(probe.calls)


def test_f17_any_set_of_bad_items_is_found_in_few_calls() -> None:
    rng = random.Random(2)
    for _ in range(60):
        count = rng.choice([1, 2, 3, 7, 16, 64])
        bad = {index for index in range(count) if rng.random() < 0.1}
        bodies = [b"%d" % index for index in range(count)]

        def execute(data: List[bytes], n: int, bad: Any = bad) -> List[bytes]:
            for item in data:
                if int(item) in bad:
                    raise RuntimeError(item)
            return list(data)

        probe = bench(execute)
        result = probe.run(bodies)
        assert {index for index, row in enumerate(result.rows) if row.status == 500} == bad
        assert all(row.body == bodies[index] for index, row in enumerate(result.rows) if row.status == 200)
        assert len(probe.calls) <= 1 + 2 * len(bad) * max(1, (count - 1).bit_length())


def test_f17_a_service_that_is_not_idempotent_is_run_once_and_all_answer_500() -> None:
    def execute(data: List[bytes], n: int) -> Any:
        raise ValueError("half done")

    probe = bench(execute, idempotent=False)
    result = probe.run([b"a", b"b", b"c"])
    assert [row.code for row in result.rows] == ["service_raised"] * 3
    assert len(probe.calls) == 1


@pytest.mark.parametrize(
    "error", [SystemExit(3), KeyboardInterrupt(), MemoryError(), GeneratorExit(), RecursionError()]
)
def test_f17_no_exception_of_execute_ends_the_worker(error: BaseException) -> None:
    def execute(data: List[bytes], n: int) -> Any:
        raise error

    row = bench(execute).one(b"")
    assert (row.status, row.code) == (500, "service_raised")
    assert type(error).__name__ in row.message


def test_f17_an_exception_whose_text_raises_is_reported_too() -> None:
    class Nasty(Exception):
        def __str__(self) -> str:
            raise ValueError("no text")

    def execute(data: List[bytes], n: int) -> Any:
        raise Nasty

    assert "Nasty" in bench(execute).one(b"").message


def test_f17_endless_recursion_is_an_exception_of_the_service() -> None:
    def execute(data: List[bytes], n: int) -> Any:
        return execute(data, n)

    result = bench(execute).run([b""])
    assert result.rows[0].code == "service_raised"
    assert len(result.head["reason"]["traceback"]) < 20_000


@pytest.mark.parametrize(("count", "found"), [(3, 2), (1, 0), (2, 5)])
def test_f17_a_wrong_count_answers_502_to_all_with_both_lengths(count: int, found: int) -> None:
    probe = bench(lambda data, n: [1] * found)
    result = probe.run([b""] * count)
    assert [(row.status, row.code) for row in result.rows] == [(502, "contract_count")] * count
    assert str(count) in result.rows[0].message and str(found) in result.rows[0].message
    assert result.head["reason"]["code"] == "contract_count"
    assert len(probe.calls) == 1


@pytest.mark.parametrize(
    "returned", [None, "ab", b"ab", {"a": 1, "b": 2}, {1, 2}, 5, (each for each in "ab"), map(str, "ab"), list, Point()]
)
def test_f17_what_is_no_list_answers_502_to_all(returned: Any) -> None:
    result = bench(lambda data, n: returned).run([b"", b""])
    assert [(row.status, row.code) for row in result.rows] == [(502, "contract_type")] * 2


def _cycle() -> Dict[str, Any]:
    value: Dict[str, Any] = {}
    value["self"] = value
    return value


def _deep() -> List[Any]:
    value: List[Any] = []
    for _ in range(100_000):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("-inf"), [1.0, float("nan")], Point(), {1, 2}, {"a": b"x"}, {(1, 2): 3}, "\ud800", 1j],
)
def test_f17_a_result_that_cannot_be_encoded_fails_its_item_alone(value: Any) -> None:
    result = bench(lambda data, n: ["ok", value, 7]).run([b""] * 3)
    assert [row.status for row in result.rows] == [200, 502, 200]
    assert result.rows[1].code == "contract_type"
    assert result.head["reason"]["code"] == "contract_type"


@pytest.mark.parametrize("make", [_cycle, _deep])
def test_f17_a_result_without_an_end_fails_its_item_alone(make: Any) -> None:
    result = bench(lambda data, n: [make(), 1]).run([b""] * 2)
    assert [row.status for row in result.rows] == [502, 200]
    assert result.rows[0].code == "contract_type"


def test_f17_a_result_over_the_limit_fails_its_item_alone() -> None:
    result = bench(lambda data, n: ["a" * 1000, b"b" * 1001, "ü" * 501, [0] * 600], maxResultBytes=1000).run([b""] * 4)
    assert [row.status for row in result.rows] == [200, 502, 502, 502]
    assert {row.code for row in result.rows[1:]} == {"result_too_large"}
    assert "1001" in result.rows[1].message and "1000" in result.rows[1].message


def test_f17_a_result_of_500_mb_is_refused() -> None:
    row = bench(lambda data, n: [bytes(500_000_000)]).one(b"")
    assert (row.status, row.code) == (502, "result_too_large")


def test_results_that_do_not_fit_into_one_frame_together_are_refused() -> None:
    large = bytes(400 << 20)
    answers: List[Answer] = [(200, 0, large, b""), (200, 0, b"small", b""), (200, 0, large, b""), (200, 0, large, b"")]
    _bound(answers, make_batch([b""] * 4))
    assert sorted(answer[0] for answer in answers) == [200, 200, 200, 502]
    assert answers[1][2] == b"small"


def test_a_batch_larger_than_the_maximum_is_executed_in_parts() -> None:
    probe = bench(lambda data, n: list(data), maxBatchSize=4)
    bodies = [b"%d" % index for index in range(10)]
    result = probe.run(bodies)
    assert [row.body for row in result.rows] == bodies
    assert [len(call) for call in probe.calls] == [4, 4, 2]
    assert result.executions == 3


def test_f14_a_batch_without_items_is_answered_without_executing() -> None:
    probe = bench(lambda data, n: [])
    assert probe.run([]).rows == []
    assert probe.calls == []


def test_execute_may_change_its_list() -> None:
    def execute(data: List[bytes], n: int) -> List[bytes]:
        results = [bytes(item) for item in data]
        data.clear()
        return results

    assert [row.body for row in bench(execute).run([b"a", b"b"]).rows] == [b"a", b"b"]


def test_execute_time_is_that_of_the_service_alone() -> None:
    assert bench(lambda data, n: [sum(range(10**6))]).run([b""]).micros > 500
    assert bench(lambda data, n: [0]).run([b""]).micros < 5000


def test_a_failure_is_noted_once_for_each_item_at_fault() -> None:
    def execute(data: List[bytes], n: int) -> List[int]:
        return [1 // len(item) for item in data]

    probe = bench(execute)
    probe.run([b"a", b"", b"b", b""])
    assert [reason.code for reason in probe.failed] == ["service_raised"] * 2
    assert all(reason.traceback is not None and "ZeroDivisionError" in reason.traceback for reason in probe.failed)


def test_every_status_and_hint_is_that_of_the_error_table() -> None:
    table = json.loads((SCHEMAS / "json" / "errors.json").read_text(encoding="utf-8"))
    assert set(TABLE) == set(get_args(Code))
    for code, (status, hint) in TABLE.items():
        row = table["errors"][code]
        assert (status, hint) == (row["status"], row["hint"])
