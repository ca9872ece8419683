"""Batch -> result: decode, `execute` items that may share a call, find the item at fault, encode the answers."""

from __future__ import annotations

import json
from time import perf_counter_ns
from typing import Any, Callable, Dict, Hashable, List, NamedTuple, Optional, Sequence, Tuple

from .config import WorkerConfig
from .decode import Rows, decode, plain_items
from .faults import slowed
from .item import Item
from .link.batch import Batch
from .link.frames import MAX_FRAME_BYTES, Buffer
from .link.result import JSON, OCTETS, TEXT, Answer, encode_result
from .reason import Failure, Reason, describe, user_traceback
from .tensor import TensorError
from .v2.response import encode_v2
from .values import encode_value

Execute = Callable[[List[Item], int], Any]
# A result of execute, or a Reason why there is none. Reasons are ours: a service does not return one by accident.
Outcome = Any

# Frame head, rows and metadata of the largest batch fit into what is left.
_MAX_BODY_BYTES = MAX_FRAME_BYTES - (64 << 20)


class Outcomes(NamedTuple):
    """Outcome of each item, and what it took."""

    values: Sequence[Outcome]
    micros: int
    executions: int


class Executor:
    """Runs batches on one service. `executing` is told the items before each call, `failed` why one had no results."""

    def __init__(
        self,
        execute: Execute,
        config: WorkerConfig,
        executing: Callable[[List[Item]], None],
        failed: Callable[[Reason], None],
    ):
        self._execute = execute
        self._as_written = execute
        self._config = config
        self._executing = executing
        self._failed = failed
        self._nanos = 0
        self._executions = 0
        # What bodies go through for a batch that is to be shown.
        self.redaction: Optional[Callable[[bytes, str], bytes]] = None

    def slow_down(self, factor: float) -> None:
        """From the next call on, `execute` takes `factor` times as long; 1 is as it was written."""
        self._execute = slowed(self._as_written, factor) if factor > 1 else self._as_written

    def run(self, batch: Batch) -> List[Buffer]:
        """The RESULT frame of a batch. Never raises for what the service or a client did."""
        self._nanos = 0
        self._executions = 0
        if batch.head.kind == "redact":
            return self._redact(batch)
        items = plain_items(batch, self._config.input)
        if items is not None:
            answers, reason = self._run_plain(items)
        else:
            answers, reason = self._run_decoded(batch)
        _bound(answers, batch)
        head = None if reason is None else {"reason": reason.to_json()}
        return encode_result(batch.id, answers, self._nanos // 1000, self._executions, head)

    def _redact(self, batch: Batch) -> List[Buffer]:
        """A body that cannot be redacted is withheld."""
        answers: List[Answer] = []
        for body in batch.bodies:
            try:
                assert self.redaction is not None
                answers.append((200, OCTETS, bytes(self.redaction(bytes(body), batch.head.content_type)), b""))
            except BaseException as error:
                self._failed(Reason("service_raised", f"redaction raised {describe(error)}", user_traceback(error)))
                answers.append((500, OCTETS, b"", b""))
        return encode_result(batch.id, answers, 0, 0, None)

    def try_one(self, batch: Batch) -> Optional[Reason]:
        """Why the first request of a batch did not get a good answer; its traceback included."""
        self._nanos = self._executions = 0
        items = plain_items(batch, self._config.input)
        answers, reason = self._run_plain(items) if items is not None else self._run_decoded(batch)
        if reason is None and answers[0][0] != 200:
            error = json.loads(bytes(answers[0][2]))["error"]
            reason = Reason(error["code"], error["message"])
        return reason

    def _run_plain(self, items: List[Item]) -> Tuple[List[Answer], Optional[Reason]]:
        """Each item is one request, and all fit together."""
        outcomes: List[Outcome] = []
        size = self._config.max_batch_size
        for start in range(0, len(items), size):
            outcomes.extend(self._attempt(items[start : start + size]))
        limit = self._config.max_result_bytes
        answers: List[Answer] = []
        add = answers.append
        first: Optional[Reason] = None
        for index, value in enumerate(outcomes):
            kind = type(value)
            if kind is int and -(10**18) < value < 10**18:
                add((200, JSON, b"%d" % value, b""))
            elif kind is float and value - value == 0.0:
                add((200, JSON, repr(value).encode(), b""))
            elif kind is bytes and len(value) <= limit:
                add((200, OCTETS, value, b""))
            elif kind is str and value.isascii() and len(value) <= limit:
                add((200, TEXT, value.encode(), b""))
            else:
                answer, reason = self._encode(value, items[index].request_id)
                add(answer)
                first = first or reason
        return answers, first

    def _encode(self, value: Outcome, request_id: str) -> Tuple[Answer, Optional[Reason]]:
        if type(value) is Reason:
            return value.to_answer(request_id), value
        try:
            return encode_value(value, self._config.max_result_bytes), None
        except Failure as failure:
            return failure.reason.to_answer(request_id), failure.reason

    def _run_decoded(self, batch: Batch) -> Tuple[List[Answer], Optional[Reason]]:
        decoded = decode(batch, self._config.input, self._config.output)
        groups: Dict[Hashable, List[Tuple[int, Item]]] = {}
        for index, rows in enumerate(decoded):
            if isinstance(rows, Rows):
                groups.setdefault(rows.key, []).extend((index, item) for item in rows.items)
        outcomes: List[List[Outcome]] = [[] for _ in decoded]
        size = self._config.max_batch_size
        for group in groups.values():
            for start in range(0, len(group), size):
                chunk = group[start : start + size]
                values = self._attempt([item for _, item in chunk])
                for (index, _), value in zip(chunk, values):
                    outcomes[index].append(value)
        answers: List[Answer] = []
        first: Optional[Reason] = None
        for index, rows in enumerate(decoded):
            request_id = batch.metas.request_id(index)
            if isinstance(rows, Reason):
                answers.append(rows.to_answer(request_id))
                continue
            answer, reason = self._answer(rows, outcomes[index], request_id)
            answers.append(answer)
            first = first or reason
        return answers, first

    def _answer(self, rows: Rows, outcomes: List[Outcome], request_id: str) -> Tuple[Answer, Optional[Reason]]:
        """One request's answer; one failed item fails all of its request."""
        for outcome in outcomes:
            if type(outcome) is Reason:
                return outcome.to_answer(request_id), outcome
        if rows.v2 is None:
            return self._encode(outcomes[0], request_id)
        config = self._config
        try:
            answer = encode_v2(rows.v2, outcomes, config.task, config.version_id, config.output)
        except TensorError as error:
            reason = Reason("contract_type", f"execute returned no tensor: {error}")
        except RecursionError:
            reason = Reason("contract_type", "execute returned a value that is nested too deeply for JSON")
        except BaseException as error:
            reason = Reason("contract_type", f"execute returned a value that JSON cannot hold: {describe(error)}")
        else:
            if len(answer[2]) <= config.max_result_bytes:
                return answer, None
            limit = config.max_result_bytes
            reason = Reason("result_too_large", f"the answer has {len(answer[2])} bytes, the limit is {limit}")
        return reason.to_answer(request_id), reason

    def _attempt(self, items: List[Item]) -> Sequence[Outcome]:
        """Outcomes of items in one call, or in ever smaller ones when it raises."""
        count = len(items)
        if count == 0:
            return []
        self._executing(items)
        self._executions += 1
        # The list goes to the service, which may change it; ours stays.
        begun = perf_counter_ns()
        try:
            returned = self._execute(items[:], count)
            values = as_results(returned, count)
        except Failure as failure:
            self._failed(failure.reason)
            return [failure.reason] * count
        except BaseException as error:
            # Everything: SystemExit and KeyboardInterrupt of a service end no worker, and their items get an answer.
            raised = error
        else:
            return values
        finally:
            self._nanos += perf_counter_ns() - begun
        if count == 1 or not self._config.idempotent:
            reason = Reason("service_raised", f"execute raised {describe(raised)}", user_traceback(raised))
            self._failed(reason)
            return [reason] * count
        # The exception holds the frames of execute, and with them whatever it allocated.
        raised.__traceback__ = None
        del raised
        half = (count + 1) // 2
        return [*self._attempt(items[:half]), *self._attempt(items[half:])]


def as_results(returned: Any, count: int) -> Sequence[Any]:
    """One value for each item. Raises Failure: contract_type or contract_count."""
    if type(returned) is list or isinstance(returned, (list, tuple)):
        if len(returned) != count:
            raise _wrong_count(len(returned), count)
        return returned
    return _array_results(returned, count)


def _array_results(returned: Any, count: int) -> Sequence[Any]:
    shape = getattr(returned, "shape", None)
    if isinstance(returned, type) or shape is None or not (hasattr(returned, "tolist") or hasattr(returned, "numpy")):
        kind = type(returned).__name__
        raise Failure("contract_type", f"execute returned {_article(kind)}, not a list of {count} results")
    array = returned if hasattr(returned, "tolist") else returned.numpy()
    if len(shape) == 0:
        raise Failure("contract_type", f"execute returned a single number, not a list of {count} results")
    if int(shape[0]) != count:
        raise _wrong_count(int(shape[0]), count)
    if len(shape) == 1:
        values = array.tolist()
        return values if isinstance(values, list) else list(values)
    return [array[index] for index in range(count)]


def _wrong_count(found: int, count: int) -> Failure:
    results, items = ("result" if found == 1 else "results"), ("item" if count == 1 else "items")
    return Failure("contract_count", f"execute returned {found} {results} for {count} {items}")


def _article(kind: str) -> str:
    return "None" if kind == "NoneType" else f"a {kind}"


def _bound(answers: List[Answer], batch: Batch) -> None:
    """A frame has a limit too: the largest answers that do not fit into one are refused."""
    total = sum(len(answer[2]) for answer in answers)
    while total > _MAX_BODY_BYTES:
        index = max(range(len(answers)), key=lambda at: len(answers[at][2]))
        size = len(answers[index][2])
        reason = Reason("result_too_large", f"an answer of {size} bytes does not fit into one frame with its batch")
        answers[index] = reason.to_answer(batch.metas.request_id(index))
        total -= size - len(answers[index][2])
