"""The service under test, called with batches of its samples by name."""

from __future__ import annotations

import time
from typing import Any, Dict, Hashable, List, NamedTuple, Optional, Sequence

from ..config import WorkerConfig
from ..decode import Rows, decode
from ..execution import as_results
from ..item import Item
from ..loading import load_service
from ..reason import Failure, describe, user_traceback
from ..samples import list_samples, read_sample
from .answers import plain
from .broken import Broken


class Outcome(NamedTuple):
    """Answers of one call, or why there are none."""

    answers: List[Any]
    problem: Optional[Broken] = None


class Subject:
    """Loads the service. Raises Failure when it does not load, or has no samples to be tried with."""

    def __init__(self, config: WorkerConfig):
        self._config = config
        begun = time.perf_counter()
        self._service = load_service(config)
        # Imports and load_model.
        self.load_seconds = time.perf_counter() - begun
        groups: Dict[Hashable, Dict[str, bytes]] = {}
        self._samples: Dict[str, Any] = {}
        for path in list_samples(config.in_bundle(config.samples)):
            sample = read_sample(path)
            rows = decode(sample.to_batch(), config.input, config.output)[0]
            if not isinstance(rows, Rows):
                raise Failure("selftest_failed", f"the sample {sample.name}: {rows.message}")
            key = (sample.kind, sample.content_type, rows.key)
            groups.setdefault(key, {})[sample.name] = sample.body
            self._samples[sample.name] = sample
        if not groups:
            raise Failure(
                "path_missing",
                f"the folder {config.samples} has no samples, and the contract is tried with them",
                None,
                "Put two or more different requests into it.",
            )
        # Only what may come together in one call is tried together: the largest such group, then the others.
        self.groups: List[List[str]] = sorted(([*group] for group in groups.values()), key=len, reverse=True)

    @property
    def max_batch_size(self) -> int:
        return self._config.max_batch_size

    def fresh(self, name: str) -> Item:
        """The sample as a new request."""
        rows = decode(self._samples[name].to_batch(), self._config.input, self._config.output)[0]
        assert isinstance(rows, Rows)
        return rows.items[0]

    def __contains__(self, name: str) -> bool:
        return name in self._samples

    def seconds(self, names: Sequence[str]) -> float:
        """What one call of execute with these samples takes. Raises Failure when it has no answers."""
        items = [self.fresh(name) for name in names]
        begun = time.perf_counter()
        try:
            as_results(self._service.execute(items, len(items)), len(names))
        except Failure:
            raise
        except BaseException as error:
            text = f"execute raised {describe(error)} for a batch of {len(names)}"
            raise Failure("service_raised", text, user_traceback(error)) from None
        return time.perf_counter() - begun

    def call(self, names: Sequence[str]) -> Outcome:
        """One call of execute with these samples."""
        items = [self.fresh(name) for name in names]
        try:
            returned = as_results(self._service.execute(items, len(items)), len(names))
            return Outcome([plain(value) for value in returned])
        except Failure as failure:
            what = "count" if failure.reason.code == "contract_count" else "answers"
            return Outcome([], Broken(what, failure.reason.message, list(names)))
        except BaseException as error:
            text = f"execute raised {describe(error)} for a batch of {len(names)}"
            return Outcome([], Broken("raise", text, list(names), user_traceback(error)))
