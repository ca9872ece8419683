"""Links of a serving worker: several gateways, false frames, logs with their requests, draining, pings."""

from __future__ import annotations

import json
import os
import signal
import struct
import time
from typing import Any, List, Tuple

from support.client import BATCH, DRAIN, ERROR, HELLO, LOG, PING, Client, dial, pack_batch, pack_frame, pack_json
from support.process import WorkerProcess, wait_until

ECHO = """
import time
class Echo:
    def load_model(self):
        print("loading the model")
    def execute(self, data, batch_size):
        if data[0].startswith(b"sleep"):
            time.sleep(float(data[0][5:]))
        if data[0].startswith(b"print"):
            print(data[0].decode())
        return [bytes(item) for item in data]
"""


def logs(client: Client, count: int) -> List[Any]:
    return [client.next_json(LOG) for _ in range(count)]


def test_two_gateways_are_served_side_by_side() -> None:
    with WorkerProcess(ECHO) as worker:
        worker.ready()
        links = [worker.data() for _ in range(3)]
        for round_ in range(20):
            for index, link in enumerate(links):
                link.send(pack_batch([b"%d-%d" % (round_, index)], id_=round_))
            for index, link in enumerate(links):
                _, id_, payload = link.receive()
                assert id_ == round_ and payload.endswith(b"%d-%d" % (round_, index))


def test_batches_sent_ahead_are_answered_in_order() -> None:
    with WorkerProcess(ECHO) as worker:
        worker.ready()
        link = worker.data()
        link.send(b"".join(pack_batch([b"%d" % index], id_=index) for index in range(50)))
        assert [link.receive()[1] for _ in range(50)] == list(range(50))


def test_a_batch_in_the_same_packet_as_the_hello_is_served() -> None:
    with WorkerProcess(ECHO) as worker:
        worker.ready()
        sock = dial(worker.address, 10)
        hello = pack_json(HELLO, {"protocol": 1, "role": "data"})
        sock.sendall(hello + pack_batch([b"early"]))
        got = b""
        while b"early" not in got:
            got += sock.recv(65536)
        sock.close()


def test_a_gateway_that_sends_half_a_batch_does_not_hold_up_another() -> None:
    with WorkerProcess(ECHO) as worker:
        worker.ready()
        slow, quick = worker.data(), worker.data()
        whole = pack_batch([b"slow" * 1000])
        slow.send(whole[:100])
        assert quick.one(b"quick").body == b"quick"
        slow.send(whole[100:])
        assert slow.receive()[2].endswith(b"slow" * 1000)


def test_a_large_batch_and_its_large_answer_pass() -> None:
    with WorkerProcess(ECHO, maxResultBytes=64 << 20) as worker:
        worker.ready()
        bodies = [os.urandom(1 << 20) for _ in range(32)]
        assert [row.body for row in worker.data().call(bodies).rows] == bodies


def test_a_gateway_that_breaks_off_in_the_middle_costs_nobody_else_anything() -> None:
    with WorkerProcess(ECHO) as worker:
        worker.ready()
        for cut in (5, 12, 40):
            leaving = worker.data()
            leaving.send(pack_batch([b"x" * 100])[:cut])
            leaving.close()
        leaving = worker.data()
        leaving.send(pack_batch([b"sleep0.1"]))
        leaving.close()
        assert worker.data().one(b"still here").body == b"still here"


def test_what_is_no_frame_closes_its_link_with_an_error_and_no_other() -> None:
    with WorkerProcess(ECHO) as worker:
        control = worker.ready()
        other = worker.data()
        for rubbish in (b"GET / HTTP/1.1\r\n\r\n", pack_frame(PING), pack_frame(BATCH, b"\xff" * 50), b"\xff" * 64):
            link = worker.data()
            link.send(rubbish)
            assert link.next_json(ERROR)["code"] == "link_protocol"
            assert link.is_closed()
        assert other.one(b"fine").body == b"fine"
        assert control.ping() < 1


def test_a_stranger_who_says_no_hello_is_refused() -> None:
    with WorkerProcess(ECHO) as worker:
        worker.ready()
        bad: List[Tuple[int, Any]] = [(PING, {}), (HELLO, []), (HELLO, {"protocol": 2, "role": "data"})]
        for type_, value in [*bad, (HELLO, {"protocol": 1, "role": "boss"})]:
            sock = dial(worker.address, 10)
            sock.sendall(pack_json(type_, value))
            answer = sock.recv(65536)
            assert json.loads(answer[12:])["code"] == "link_protocol"
            assert sock.recv(1) == b""
            sock.close()
        assert worker.data().one(b"a").body == b"a"


def test_the_socket_is_for_its_user_alone() -> None:
    with WorkerProcess(ECHO) as worker:
        worker.ready()
        assert os.stat(worker.address).st_mode & 0o777 == 0o600


def test_pings_are_answered_while_a_batch_executes() -> None:
    with WorkerProcess(ECHO) as worker:
        control = worker.ready()
        data = worker.data()
        data.send(pack_batch([b"sleep0.5"]))
        begun = time.monotonic()
        assert control.ping() < 0.4
        data.receive()
        assert time.monotonic() - begun >= 0.4


def test_prints_are_told_with_the_requests_that_executed() -> None:
    with WorkerProcess(ECHO) as worker:
        control = worker.ready(logs=True)
        silent = worker.control()
        data = worker.data()
        data.call([b"print one", b"x"], metas=["r1\nx: y", "r2"])
        control.seen.clear()
        log = next(each for each in iter(lambda: control.next_json(LOG), None) if "print" in each["text"])
        assert log == {"stream": "stdout", "text": "print one", "requests": ["r1", "r2"]}
        silent.ping()
        assert [type_ for type_, _ in silent.seen if type_ == LOG] == []


def test_the_traceback_of_a_failed_item_is_in_the_log() -> None:
    with WorkerProcess(ECHO.replace("return [bytes(item)", "return [1 // len(item)")) as worker:
        control = worker.ready(logs=True)
        worker.data().call([b"a", b""], metas=["good", "bad"])
        while True:
            log = control.next_json(LOG)
            if "ZeroDivisionError" in log["text"]:
                break
        assert (log["stream"], log["requests"]) == ("stderr", ["bad"])


def test_what_is_printed_while_nobody_asks_goes_to_the_raw_stream() -> None:
    with WorkerProcess(ECHO) as worker:
        worker.ready()
        assert "loading the model" in worker.stdout()


def test_sigterm_drains() -> None:
    with WorkerProcess(ECHO) as worker:
        control = worker.ready()
        worker.process.send_signal(signal.SIGTERM)
        control.wait_state("draining")
        assert worker.wait() == 0
        assert not os.path.exists(worker.address)


def test_the_batch_under_way_is_answered_before_a_drained_worker_ends() -> None:
    with WorkerProcess(ECHO) as worker:
        control = worker.ready()
        data = worker.data()
        data.send(pack_batch([b"sleep0.3"]))
        control.send(pack_frame(DRAIN))
        assert data.receive()[2].endswith(b"sleep0.3")
        data.close()
        assert worker.wait() == 0


def test_the_end_of_standard_input_ends_the_worker_and_its_group() -> None:
    source = ECHO.replace(
        'print("loading the model")', "import subprocess; self.child = subprocess.Popen(['sleep', '60'])"
    )
    with WorkerProcess(source) as worker:
        worker.ready()
        assert worker.process.stdin is not None
        worker.process.stdin.close()
        assert worker.wait(5) == -signal.SIGKILL

        def group_is_gone() -> bool:
            try:
                os.killpg(worker.process.pid, 0)
            except ProcessLookupError:
                return True
            return False

        wait_until(group_is_gone, what="the end of the group")


def test_a_worker_that_may_be_taken_over_stays_for_whoever_holds_it_and_ends_by_itself() -> None:
    with WorkerProcess(ECHO, orphanMs=1500) as worker:
        control = worker.ready()
        assert worker.process.stdin is not None
        worker.process.stdin.close()
        control.close()
        second = worker.ready()
        begun = time.monotonic()
        data = worker.data()
        while time.monotonic() - begun < 2.5:
            assert data.one(b"held").body == b"held"
            time.sleep(0.1)
        second.close()
        alone = time.monotonic()
        assert worker.wait(10) == -signal.SIGKILL
        assert time.monotonic() - alone >= 1.4
        assert worker.stdout().count("loading the model") == 1


def test_an_idle_worker_uses_no_processor() -> None:
    with WorkerProcess(ECHO) as worker:
        worker.ready()
        worker.data().one(b"a")

        def switches() -> int:
            total = 0
            for task in os.listdir(f"/proc/{worker.process.pid}/task"):
                with open(f"/proc/{worker.process.pid}/task/{task}/status", encoding="ascii") as status:
                    total += sum(int(line.split()[1]) for line in status if "ctxt_switches" in line)
            return total

        before = switches()
        time.sleep(1.2)
        assert switches() - before <= 2


def test_the_batch_path_costs_little_python_for_each_item() -> None:
    """At most 2 µs for each raw item of a batch of 64 on an idle machine; the bound here leaves room for a busy one."""
    from support.batches import bench

    from slipway.link.batch import BatchDecoder
    from slipway.link.frames import Frame

    data = pack_batch([bytes(784)] * 64, metas=["0123456789abcdef\nhost: localhost"] * 64)
    answers = ["7"] * 64
    probe = bench(lambda items, n: answers)
    probe.executor._execute = lambda items, n: answers
    decoder = BatchDecoder()
    frame = Frame(BATCH, 1, memoryview(data)[12:])
    best = min(_seconds(lambda: b"".join(probe.executor.run(decoder.decode(frame)))) for _ in range(30))
    assert best / 64 < 8e-6, f"{best / 64 * 1e6:.2f} µs"
    assert struct.unpack_from("<I", b"".join(probe.executor.run(decoder.decode(frame))), 12)[0] == 64


def _seconds(run: Any) -> float:
    begun = time.perf_counter()
    run()
    return time.perf_counter() - begun
