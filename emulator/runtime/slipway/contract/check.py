"""The properties of the batch contract, tried one after the other; later ones only where earlier ones hold."""

from __future__ import annotations

import random
from typing import Any, Dict, List, Optional, Sequence

from .answers import same, show
from .broken import Broken
from .growth import check_growth
from .shrink import shrink
from .subject import Subject

_PAIRS = 200


def check_contract(subject: Subject, seed: int = 1, batch: Optional[Sequence[str]] = None) -> List[Broken]:
    """What does not hold; empty when all does. `batch`: only this one is compared with its requests alone."""
    if batch is not None:
        return _check_batch(subject, list(batch))
    found: List[Broken] = []
    alone: Dict[str, Any] = {}
    for group in subject.groups:
        found = _check_alone(subject, group, alone) or _check_group(subject, group, alone, random.Random(seed))
        if found:
            return found
    largest = subject.groups[0]
    names = [largest[index % len(largest)] for index in range(min(8, subject.max_batch_size))]
    return check_growth(lambda: subject.call(names))


def _check_batch(subject: Subject, batch: List[str]) -> List[Broken]:
    alone: Dict[str, Any] = {}
    return _check_alone(subject, list(dict.fromkeys(batch)), alone) or _compare(subject, batch, alone, "neighbours")


def _check_alone(subject: Subject, names: Sequence[str], alone: Dict[str, Any]) -> List[Broken]:
    """Each sample by itself, twice: the answers that all others are compared with."""
    for name in names:
        first = subject.call([name])
        if first.problem is not None:
            return [first.problem._replace(property="alone")]
        again = subject.call([name])
        if again.problem is not None:
            return [again.problem._replace(property="repeat")]
        alone[name] = first.answers[0]
        if not same(first.answers[0], again.answers[0]):
            was, now = show(first.answers[0]), show(again.answers[0])
            text = f"{name} alone was answered {was}, then {now}: answers change from run to run"
            return [Broken("repeat", text, [name])]
    return []


def _check_group(subject: Subject, group: List[str], alone: Dict[str, Any], order: random.Random) -> List[Broken]:
    size = subject.max_batch_size
    full = [group[index % len(group)] for index in range(size)]
    pairs = [[one, other] for one in group for other in group] if size > 1 else []
    if len(pairs) > _PAIRS:
        pairs = order.sample(pairs, _PAIRS)
    for pair in pairs:
        found = _compare(subject, pair, alone, "neighbours")
        if found:
            return found
    shuffled = [order.sample(full, len(full)) for _ in range(2)]
    for batch, what in ((full, "maximum"), (full, "repeat"), *((each, "order") for each in shuffled)):
        found = _compare(subject, batch, alone, what)
        if found:
            return found
    for name in group:
        found = _compare(subject, [name], alone, "leak")
        if found:
            return found
    return []


def _compare(subject: Subject, batch: List[str], alone: Dict[str, Any], what: str) -> List[Broken]:
    """The smallest part of a batch whose answers are not those of its requests alone."""
    if _difference(subject, batch, alone, what) is None:
        return []
    smallest = shrink(batch, lambda part: _difference(subject, part, alone, what) is not None)
    # A fault that depends on what came before may hide again while the batch shrinks.
    return [_difference(subject, smallest, alone, what) or _difference(subject, batch, alone, what) or _fleeting(batch)]


def _difference(subject: Subject, batch: List[str], alone: Dict[str, Any], what: str) -> Optional[Broken]:
    answers, problem = subject.call(batch)
    if problem is not None:
        return problem if problem.property == "count" else problem._replace(property=what)
    for index, (name, answer) in enumerate(zip(batch, answers)):
        if same(answer, alone[name]):
            continue
        swapped = next((other for other in batch if other != name and same(answer, alone[other])), None)
        beside = f"in a batch of {len(batch)}" if len(batch) > 1 else "after other batches"
        text = f"{name}, item {index + 1} {beside}, was answered {show(answer)}; alone it is {show(alone[name])}"
        if swapped is not None:
            text += f"; that is the answer of {swapped}"
            what = "order" if len(batch) > 1 else what
        return Broken(what, text, batch)
    return None


def _fleeting(batch: List[str]) -> Broken:
    text = f"a batch of {len(batch)} was answered otherwise than its requests alone, but only once"
    return Broken("repeat", text, batch)
