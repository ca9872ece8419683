"""Why something failed, in the form of schemas/errors.ts, with the user's own traceback and none of our frames."""

from __future__ import annotations

import os
import traceback
from types import TracebackType
from typing import Any, Dict, Literal, NamedTuple, Optional

from .link.frames import json_bytes
from .link.result import JSON, Answer

_OUR_FOLDER = os.path.dirname(os.path.abspath(__file__)) + os.sep
# Enough to see both ends of a deep recursion.
_MAX_TRACEBACK_CHARS = 16_000
_MAX_MESSAGE_CHARS = 2_000

# What a worker fails with; a code without a row below is found by the type checker and by a test.
Code = Literal[
    "request_malformed",
    "request_unfit",
    "service_raised",
    "contract_count",
    "contract_type",
    "result_too_large",
    "source_invalid",
    "class_not_found",
    "class_signature",
    "path_missing",
    "load_failed",
    "import_missing",
    "model_unusable",
    "load_timeout",
    "selftest_failed",
    "replica_oom",
    "gpu_unavailable",
    "link_protocol",
    "internal",
]

# The rows of the error table that a worker uses: status of an answer, hint.
TABLE: Dict[Code, tuple[int, str]] = {
    "request_malformed": (400, "Check the body and its content type."),
    "request_unfit": (422, 'Compare datatype and shape with "input" in slipway.json.'),
    "service_raised": (500, "See the traceback in `slipway logs <task>`."),
    "contract_count": (502, "Return one result per item of data, in the same order."),
    "contract_type": (502, "Return a list of str, bytes, numbers, arrays or JSON-able values."),
    "result_too_large": (502, "Return less, or raise limits.maxResultBytes in slipway.json."),
    "source_invalid": (400, "Correct the named line."),
    "class_not_found": (400, "Define a class with load_model(self) and execute(self, data, batch_size)."),
    "class_signature": (400, "Use load_model(self) and execute(self, data, batch_size)."),
    "path_missing": (400, "Correct the path; it is relative to the folder of slipway.json."),
    "load_failed": (400, "See the traceback; correct the service and update."),
    "import_missing": (
        400,
        'Add the package that brings it to "requirements" in slipway.json; '
        "a file of your own belongs into the service folder.",
    ),
    "model_unusable": (400, "Save the model again in a form that the class of slipway.json's framework opens."),
    "load_timeout": (400, "Raise timeouts.loadMs in slipway.json, or look at `slipway logs <task>`."),
    "selftest_failed": (400, "Correct the service, or the file in its samples folder."),
    "replica_oom": (400, "Raise resources.memory in slipway.json, or use less."),
    "gpu_unavailable": (409, "Run `slipway doctor` for what is missing: driver, container toolkit or runtime."),
    "link_protocol": (502, "The link was closed; the replica is restarted."),
    "internal": (500, "Run again with --verbose and report what it prints."),
}


class Reason(NamedTuple):
    """A code of the table, one sentence of what was expected and what was found, and the user's traceback."""

    code: Code
    message: str
    traceback: Optional[str] = None
    hint: Optional[str] = None

    @property
    def status(self) -> int:
        return TABLE[self.code][0]

    def to_json(self) -> Dict[str, Any]:
        value: Dict[str, Any] = {
            "code": self.code,
            "message": self.message,
            "hint": self.hint if self.hint is not None else TABLE[self.code][1],
        }
        if self.traceback is not None:
            value["traceback"] = self.traceback
        return value

    def to_answer(self, request_id: str = "") -> Answer:
        """The answer of one request: no traceback in it, since it goes to the client."""
        body: Dict[str, Any] = {"error": self._replace(traceback=None).to_json()}
        if request_id:
            body["requestId"] = request_id
        return (self.status, JSON, json_bytes(body), b"")


class Failure(Exception):
    """Carries a Reason up to whoever reports it."""

    def __init__(self, code: Code, message: str, trace: Optional[str] = None, hint: Optional[str] = None):
        super().__init__(message)
        self.reason = Reason(code, message, trace, hint)


def describe(error: BaseException) -> str:
    """`ValueError: bad pixel`, whatever the exception's own `__str__` does."""
    name = type(error).__name__
    try:
        text = str(error)
    except BaseException:
        return f"{name}: <its text could not be made>"
    return shorten(f"{name}: {text}" if text else name, _MAX_MESSAGE_CHARS)


def user_traceback(error: BaseException) -> str:
    """The traceback from the first frame outside this package on, outermost call first."""
    trace: Optional[TracebackType] = error.__traceback__
    while trace is not None and _is_ours(trace):
        trace = trace.tb_next
    try:
        lines = traceback.format_exception(type(error), error, trace)
    except BaseException as broken:
        lines = [describe(error), f" (its traceback could not be made: {type(broken).__name__})"]
    return shorten("".join(lines).rstrip("\n"), _MAX_TRACEBACK_CHARS)


def _is_ours(trace: TracebackType) -> bool:
    name = trace.tb_frame.f_code.co_filename
    return name.startswith((_OUR_FOLDER, "<frozen importlib"))


def shorten(text: str, limit: int) -> str:
    """Keeps both ends of a text that is too long."""
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}\n… {len(text) - 2 * half} characters left out …\n{text[-half:]}"
