"""For the tests of a service: `assert_contract(".")` in a test of pytest tries its batch contract."""

from __future__ import annotations

from typing import Optional, Sequence

from .contract.check import check_contract
from .contract.folder import folder_config
from .contract.subject import Subject


def assert_contract(folder: str, seed: int = 1, batch: Optional[Sequence[str]] = None) -> None:
    """Loads the service of a folder in this process and tries its batch contract with its samples.

    Raises AssertionError with each property that does not hold and the smallest batch that shows it; Failure when the
    service does not load. `batch` tries one batch of samples by name. The frameworks must be installed here.
    """
    broken = check_contract(Subject(folder_config(folder)), seed, batch)
    if broken:
        lines = [
            f"{each.property}: {each.message}" + (f" (batch={each.batch!r})" if each.batch else "") for each in broken
        ]
        raise AssertionError("the batch contract does not hold:\n" + "\n".join(lines))
