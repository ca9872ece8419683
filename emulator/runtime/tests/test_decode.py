"""Requests that are refused before the service sees them, and those that must not share a call."""

from __future__ import annotations

import json
import sys
from typing import Any, List

import pytest
from support.batches import Bench, bench

from slipway.strict_json import Malformed, parse

JSON = "application/json"
IMAGE = {"name": "image", "datatype": "UINT8", "shape": [2, 3]}


def lengths(**changes: Any) -> Bench:
    return bench(lambda data, n: [len(item) for item in data], **changes)


def values(**changes: Any) -> Bench:
    return bench(lambda data, n: [item.json() for item in data], **changes)


@pytest.mark.parametrize("body", [b"", b"{", b'{"a":', b"[1,2", b'"abc', b"tru", b"1 2", b"{}x", b"'a'", b"\xff\xfe"])
def test_f1_truncated_or_broken_json_answers_400_alone(body: bytes) -> None:
    probe = values()
    result = probe.run([b"[1]", body, b"[2]"], content_type=JSON)
    assert [row.status for row in result.rows] == [200, 400, 200]
    assert result.rows[1].code == "request_malformed"
    assert result.head == {}
    assert probe.calls == [[b"[1]", b"[2]"]]


@pytest.mark.parametrize(
    "body", [b"[" * 100_000, b"[" * 100_000 + b"]" * 100_000, b'{"a":' * 100_000 + b"1" + b"}" * 100_000]
)
@pytest.mark.parametrize("limit", [1000, 1_000_000])
def test_f2_json_100000_deep_answers_400(body: bytes, limit: int) -> None:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(limit)
    try:
        row = values().one(body, content_type=JSON)
    finally:
        sys.setrecursionlimit(before)
    assert (row.status, row.code) == (400, "request_malformed")


@pytest.mark.parametrize(
    "body",
    [
        b"NaN",
        b"[Infinity]",
        b"-Infinity",
        b"1e999",
        b"[1,-1E+999]",
        b"1e0000400",
        b"9" * 400 + b".0",
        b"9" * 300 + b"e99",
    ],
)
def test_f3_numbers_that_json_or_a_double_cannot_hold_answer_400(body: bytes) -> None:
    row = values().one(body, content_type=JSON)
    assert (row.status, row.code) == (400, "request_malformed")


def test_f3_an_integer_with_too_many_digits_answers_400() -> None:
    # Where Python itself has no limit on them, it is an integer like any other.
    if hasattr(sys, "get_int_max_str_digits"):
        assert values().one(b"9" * 5000, content_type=JSON).code == "request_malformed"


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b"-0", 0),
        (b"-0.0", -0.0),
        (b"1e99", 1e99),
        (b"1e-999", 0.0),
        (b"1e0000001", 10.0),
        (b"9" * 250, int("9" * 250)),
        (b'"1e999"', "1e999"),
        (b'"NaN"', "NaN"),
    ],
)
def test_f3_numbers_that_only_look_dangerous_pass(body: bytes, value: Any) -> None:
    assert parse(body) == value


@pytest.mark.parametrize("body", [b'"\\ud800"', b'["\\uDC00"]', b'{"\\ud83d":1}', b'"\\ud83dx"'])
def test_f4_half_of_a_surrogate_pair_answers_400(body: bytes) -> None:
    assert values().one(body, content_type=JSON).code == "request_malformed"


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'"\\ud83c\\udfd7"', "🏗"),
        (b'"\\\\ud800"', "\\ud800"),
        (b"\xef\xbb\xbf[1]", [1]),
        (b'"a\\u0000b"', "a\0b"),
    ],
)
def test_f4_pairs_a_byte_order_mark_and_an_escaped_nul_pass(body: bytes, value: Any) -> None:
    assert parse(body) == value


@pytest.mark.parametrize("body", [b'"a\0b"', b"[1]\0", b"\xed\xa0\x80", '"ü"'.encode("latin-1")])
def test_f4_a_bare_nul_and_what_is_no_utf8_answer_400(body: bytes) -> None:
    with pytest.raises(Malformed):
        parse(body)


def test_f5_prototype_keys_are_keys_like_any_other() -> None:
    assert parse(b'{"__proto__":{"x":1},"constructor":2}') == {"__proto__": {"x": 1}, "constructor": 2}


def test_json_media_types_with_a_suffix_are_json_and_others_are_not() -> None:
    assert values().one(b"[", content_type="application/vnd.model+json").code == "request_malformed"
    assert lengths().one(b"[", content_type="text/plain").body == b"1"


@pytest.mark.parametrize("content_type", ["", "application/octet-stream", "application/x-www-form-urlencoded"])
def test_f14_a_raw_body_of_the_wrong_length_answers_422_alone(content_type: str) -> None:
    result = lengths(input=IMAGE).run([b"123456", b"12345", b"", b"654321"], content_type=content_type)
    assert [row.status for row in result.rows] == [200, 422, 422, 200]
    assert result.rows[1].code == "request_unfit"
    assert "6 bytes" in result.rows[1].message and "5" in result.rows[1].message


def test_a_picture_is_not_measured_against_the_declared_tensor() -> None:
    assert lengths(input=IMAGE).one(b"\x89PNG", content_type="image/png").status == 200


@pytest.mark.parametrize("value", [[[1, 2, 3], [4, 5, 6]], {"image": [[1, 2, 3], [4, 5, 6.0]]}])
def test_json_that_fits_the_declared_input_passes(value: Any) -> None:
    numpy = pytest.importorskip("numpy")
    probe = bench(lambda data, n: [item.array() for item in data], input=IMAGE)
    assert probe.one(json.dumps(value).encode(), content_type=JSON).json() == [[1, 2, 3], [4, 5, 6]]
    assert probe.calls[0][0].array().dtype == numpy.uint8


@pytest.mark.parametrize(
    "value",
    [
        [1, 2, 3, 4, 5, 6],
        [[1, 2, 3]],
        [[1, 2, 3], [4, 5]],
        [[1, 2, 3], [4, 5, [6]]],
        [[1, 2, 3], [4, 5, 256]],
        [[1, 2, 3], [4, 5, -1]],
        [[1, 2, 3], [4, 5, 0.5]],
        [[1, 2, 3], [4, 5, "6"]],
        [[1, 2, 3], [4, 5, None]],
        [[1, 2, 3], [4, 5, True]],
        [],
        [[], []],
        7,
        {"other": 1},
    ],
)
def test_f14_json_of_the_wrong_shape_or_type_answers_422(value: Any) -> None:
    row = lengths(input=IMAGE).one(json.dumps(value).encode(), content_type=JSON)
    assert (row.status, row.code) == (422, "request_unfit")


def test_items_of_different_shape_never_share_a_call() -> None:
    probe = lengths(input={"datatype": "FP32", "shape": [-1, 2]})
    bodies = [bytes(8), bytes(16), bytes(8), bytes(24), bytes(16)]
    result = probe.run(bodies)
    assert [row.body for row in result.rows] == [b"8", b"16", b"8", b"24", b"16"]
    assert [[len(item) for item in call] for call in probe.calls] == [[8, 8], [16, 16], [24]]


def test_one_bad_item_never_changes_the_answers_of_its_neighbours() -> None:
    def execute(data: List[Any], n: int) -> List[Any]:
        return [sum(item.json()) / len(item.json()) for item in data]

    bodies = [json.dumps(list(range(index))).encode() if index % 5 else b"[" for index in range(40)]
    alone = [bench(execute).one(body, content_type=JSON) for body in bodies]
    together = bench(execute).run(bodies, content_type=JSON).rows
    assert [row[:2] for row in together] == [row[:2] for row in alone]
    assert [row.body for row in together if row.status == 200] == [row.body for row in alone if row.status == 200]
