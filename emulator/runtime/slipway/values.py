"""One result of `execute` -> the body of an answer: text, bytes, or JSON."""

from __future__ import annotations

import json
from typing import Any

from .link.frames import Buffer
from .link.result import JSON, OCTETS, TEXT, Answer
from .reason import Failure, describe


def as_plain(value: Any) -> Any:
    """A value of numpy, TensorFlow or PyTorch as Python lists and numbers; anything else as it is."""
    to_list = getattr(value, "tolist", None)
    if callable(to_list):
        return to_list()
    to_numpy = getattr(value, "numpy", None)
    if callable(to_numpy):
        array = to_numpy()
        return array.tolist() if hasattr(array, "tolist") else array
    return value


def _default(value: Any) -> Any:
    plain = as_plain(value)
    if plain is value:
        raise TypeError(f"{type(value).__name__} is not a value of JSON")
    return plain


_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_default).encode


def encode_json(value: Any) -> bytes:
    """Raises ValueError, TypeError, RecursionError or whatever the value's own methods raise."""
    return _encode(value).encode("utf-8")


def encode_value(value: Any, max_bytes: int) -> Answer:
    """The answer that holds `value`. Raises Failure: contract_type or result_too_large."""
    kind = type(value)
    if kind is str:
        body: Buffer = _utf8(value)
        content_type = TEXT
    elif isinstance(value, (bytes, bytearray)):
        body = value
        content_type = OCTETS
    else:
        content_type, body = _encode_other(value)
    if len(body) > max_bytes:
        raise Failure("result_too_large", f"execute returned {len(body)} bytes for an item, the limit is {max_bytes}")
    return (200, content_type, body, b"")


def _encode_other(value: Any) -> tuple[int, bytes]:
    if isinstance(value, str):
        return TEXT, _utf8(value)
    if isinstance(value, memoryview):
        return OCTETS, bytes(value)
    try:
        return JSON, encode_json(as_plain(value))
    except RecursionError:
        raise Failure("contract_type", "execute returned a value that is nested too deeply for JSON") from None
    except BaseException as error:
        kind = type(value).__name__
        raise Failure("contract_type", f"execute returned a {kind} that JSON cannot hold: {describe(error)}") from None


def _utf8(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise Failure("contract_type", f"execute returned a text that is not Unicode: {error.reason}") from None
