"""A worker process on a real socket: from its configuration to an answer and to its end."""

from __future__ import annotations

from support.process import WorkerProcess

ECHO = """
class Echo:
    def load_model(self):
        self.loaded = True

    def execute(self, data, batch_size):
        return [bytes(item) for item in data]
"""


def test_a_batch_is_answered_in_order_under_its_own_id() -> None:
    with WorkerProcess(ECHO) as worker:
        worker.ready()
        data = worker.data()
        bodies = [bytes([index]) * index for index in range(64)]
        result = data.call(bodies, id_=41)
        assert result.id == 41
        assert result.executions == 1
        assert [row.body for row in result.rows] == bodies
        assert {(row.status, row.content_type) for row in result.rows} == {(200, 0)}


def test_a_drained_worker_exits_with_0_once_its_last_data_link_is_closed() -> None:
    from support.client import DRAIN, pack_frame

    with WorkerProcess(ECHO) as worker:
        control = worker.ready()
        data = worker.data()
        assert data.one(b"before").body == b"before"
        control.send(pack_frame(DRAIN))
        control.wait_state("draining")
        assert data.one(b"while draining").body == b"while draining"
        assert worker.process.poll() is None
        data.close()
        assert worker.wait() == 0
