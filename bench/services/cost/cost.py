"""A model of known cost: a batch of b items takes fixedMs + perItemMs * b."""

import time
from typing import Any, Dict, List


class CostService:
    conf: Dict[str, float]

    def load_model(self) -> None:
        self.fixed = self.conf["fixedMs"] / 1000
        self.each = self.conf["perItemMs"] / 1000

    def execute(self, data: List[Any], batch_size: int) -> List[bytes]:
        until = time.perf_counter() + self.fixed + self.each * batch_size
        time.sleep(max(0.0, until - time.perf_counter() - 0.0002))
        while time.perf_counter() < until:
            pass
        return [b"ok"] * batch_size
