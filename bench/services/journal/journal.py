"""Echoes, and writes the id of every request that it executes into a journal, in the order in which it executes them."""

import os
import time
from typing import Any, Dict, List


class JournalService:
    conf: Dict[str, Any]

    def load_model(self) -> None:
        # One write for a batch, at the end of the file: several replicas have the same journal.
        self.journal = os.open(self.conf["journal"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self.seconds = self.conf["ms"] / 1000

    def execute(self, data: List[Any], batch_size: int) -> List[bytes]:
        bodies = [bytes(item) for item in data]
        os.write(self.journal, b"".join(body + b"\n" for body in bodies))
        time.sleep(self.seconds)
        return bodies
