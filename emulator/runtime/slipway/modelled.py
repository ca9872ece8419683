"""Stands in for a service on a device that is not here: takes the time that a recorded profile says, no more."""

from __future__ import annotations

import time
from typing import Any, Callable, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from .reason import Failure

_NO_ROOM = "Give the service more of the card with resources.gpu, or rehearse it with the profile of a larger one."


class Profile(NamedTuple):
    """What of schemas/profile.ts a worker needs. `costs`: (items, seconds) by rising items."""

    device: str
    load_seconds: float
    costs: Sequence[Tuple[int, float]]
    # Why the service would not load there.
    problem: Optional[str]


def parse_profile(value: Mapping[str, Any]) -> Profile:
    """Raises KeyError, TypeError or ValueError for what does not fit its schema."""
    costs = [(int(each["size"]), float(each["ms"]) / 1000) for each in value["batches"]]
    return Profile(str(value["device"]), float(value["loadMs"]) / 1000, sorted(costs), value.get("problem"))


class Modelled:
    """The service. Its answers are the requests themselves."""

    def __init__(self, profile: Profile, sleep: Callable[[float], None] = time.sleep):
        self._profile = profile
        self._sleep = sleep

    def load_model(self) -> None:
        """Raises Failure where the recorded service would find no room."""
        device, problem = self._profile.device, self._profile.problem
        print(f"a model: a recorded profile of {device} stands in for this service, and requests are their own answers")
        if problem is not None:
            raise Failure("replica_oom", problem, None, _NO_ROOM)
        self._sleep(self._profile.load_seconds)

    def execute(self, data: List[Any], batch_size: int) -> List[Any]:
        """`data` as it came, after the time that a batch of this size took."""
        self._sleep(seconds_of(self._profile.costs, batch_size))
        return [bytes(item) for item in data]


def load_modelled(profile: Profile) -> Modelled:
    """Loaded. Raises Failure."""
    service = Modelled(profile)
    service.load_model()
    return service


def seconds_of(costs: Sequence[Tuple[int, float]], size: int) -> float:
    """Between two sizes that were measured, and past the last one, on the line through its neighbours; at least 0."""
    if size <= costs[0][0] or len(costs) == 1:
        return costs[0][1]
    for (low, low_seconds), (high, high_seconds) in zip(costs, costs[1:]):
        if size <= high or high == costs[-1][0]:
            return max(0.0, low_seconds + (high_seconds - low_seconds) * (size - low) / (high - low))
    raise AssertionError("the last pair is always taken")
