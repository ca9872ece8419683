"""F17 to F23: whatever user code does to its process, answers are never wrong; the worker survives or dies alone."""

from __future__ import annotations

import os
import signal
import time
from typing import Any

import pytest
from support.client import LOG, RESULT, pack_batch
from support.process import WorkerProcess, is_gone, wait_until

# A batch whose body is Python runs it; every other one is echoed.
SERVICE = """
import os, sys
import sys as system
class Service:
    def load_model(self):
        self.kept = []
    def execute(self, data, batch_size):
        for item in data:
            if item.startswith(b"#"):
                exec(item.decode(), {"self": self, "os": os, "sys": sys})
        return [bytes(item) for item in data]
"""


def survives(worker: WorkerProcess, code: str) -> None:
    """The code is answered, and so is what comes after it, on the same link and on a new one."""
    data = worker.data()
    body = b"# \n" + code.encode()
    assert data.one(body).body == body
    assert data.one(b"after").body == b"after"
    assert worker.data().one(b"new link").body == b"new link"


def dies_alone(worker: WorkerProcess, code: str) -> int:
    """The link ends without an answer, and the process with it."""
    data = worker.data()
    data.send(pack_batch([b"# \n" + code.encode()]))
    with pytest.raises((EOFError, OSError)):
        data.receive()
    return worker.wait()


def lives_on_or_dies_alone(worker: WorkerProcess, code: str) -> None:
    data = worker.data()
    body = b"# \n" + code.encode()
    data.send(pack_batch([body], id_=77))
    try:
        type_, id_, payload = data.receive()
    except (EOFError, OSError, AssertionError):
        # Closed, or something that the codec refuses: never an answer that nobody gave.
        pass
    else:
        # A gateway refuses an answer to a batch that it did not send.
        assert id_ != 77 or (type_ == RESULT and payload.endswith(body))
    data.close()
    for _ in range(20):
        try:
            assert worker.data(timeout=1).one(b"after").body == b"after"
            return
        except AssertionError:
            # The code still runs, and writes into the new link too.
            continue
        except (EOFError, OSError):
            assert worker.wait() != 0
            return
    raise AssertionError("neither alive nor dead")


@pytest.mark.parametrize("code", [0, 1, 13])
def test_f19_an_exit_without_ceremony_ends_the_worker_alone(code: int) -> None:
    with WorkerProcess(SERVICE) as worker:
        worker.ready()
        assert dies_alone(worker, f"os._exit({code})") == code


def test_f19_a_segmentation_fault_ends_the_worker_with_its_signal_and_leaves_a_trace() -> None:
    with WorkerProcess(SERVICE) as worker:
        worker.ready()
        assert dies_alone(worker, "import ctypes; ctypes.string_at(0)") == -signal.SIGSEGV
        assert "Segmentation fault" in worker.stderr()


def test_f19_a_stack_overflow_is_an_exception_or_the_end_of_the_worker_alone() -> None:
    with WorkerProcess(SERVICE) as worker:
        worker.ready()
        data = worker.data()
        data.send(pack_batch([b"# \nsys.setrecursionlimit(10**9)\ndef f(x=0): return max([0], key=f)\nf()"]))
        try:
            assert b"service_raised" in data.receive()[2]
        except (EOFError, OSError):
            assert worker.wait() in (-signal.SIGSEGV, -signal.SIGABRT)


def test_f18_a_loop_that_never_ends_leaves_pings_answered() -> None:
    with WorkerProcess(SERVICE) as worker:
        control = worker.ready()
        worker.data().send(pack_batch([b"# \nwhile True: pass"]))
        time.sleep(0.1)
        assert max(control.ping() for _ in range(5)) < 1


def test_f18_native_code_that_holds_the_interpreter_lock_delays_but_corrupts_nothing() -> None:
    code = "import ctypes; ctypes.PyDLL(None).usleep(700000)"
    with WorkerProcess(SERVICE) as worker:
        control = worker.ready()
        data = worker.data()
        body = b"# \n" + code.encode()
        data.send(pack_batch([body], id_=1) + pack_batch([b"next"], id_=2))
        assert control.ping() < 5
        assert data.receive()[2].endswith(body)
        assert data.receive()[1:] == data_answer(data, 2, b"next")


def data_answer(data: Any, id_: int, body: bytes) -> Any:
    """What another run of the same batch answers, apart from its time."""
    return _Answer(id_, body)


class _Answer:
    def __init__(self, id_: int, body: bytes):
        self._expected = (id_, body)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, tuple) and other[0] == self._expected[0] and other[1].endswith(self._expected[1])


@pytest.mark.parametrize(
    "code",
    [
        "pid = os.fork()\nif pid == 0: import time; time.sleep(60)\nself.kept.append(pid)",
        "import multiprocessing as m; p = m.get_context('fork').Process(target=print); p.start(); p.join()",
        "import subprocess; self.kept.append(subprocess.Popen(['sleep', '60']))",
    ],
)
def test_f21_children_of_the_service_do_not_hold_the_links(code: str) -> None:
    with WorkerProcess(SERVICE) as worker:
        worker.ready()
        survives(worker, code)
        data = worker.data()
        assert data.one(b"open").body == b"open"
        os.kill(worker.process.pid, signal.SIGKILL)
        # Were a child to hold the descriptor, the gateway would never learn of the death.
        assert data.is_closed()


def test_f21_a_forked_child_that_returns_from_execute_answers_nothing() -> None:
    with WorkerProcess(SERVICE) as worker:
        worker.ready()
        data = worker.data()
        body = b"# \nos.fork()"
        for id_ in range(3):
            assert data.call([body], id_=id_).rows[0].body == body
        assert data.call([b"end"], id_=9).id == 9


def test_f21_a_forked_child_dies_with_the_worker() -> None:
    code = "import time\npid = os.fork()\nif pid == 0: time.sleep(60)\nsys.stdout.write(str(pid) + '\\n')"
    with WorkerProcess(SERVICE) as worker:
        control = worker.ready(logs=True)
        worker.data().one(b"# \n" + code.encode())
        child = int(control.next_json(LOG)["text"])
        assert not is_gone(child)
        os.kill(worker.process.pid, signal.SIGKILL)
        wait_until(lambda: is_gone(child), what="the end of the child")


@pytest.mark.parametrize(
    "code",
    [
        "for _ in range(200000): print('x' * 500)",
        "for _ in range(100): os.write(1, b'y' * 1000000)",
        "sys.stdout.buffer.write(bytes(range(256)) * 400000)",
        "sys.stdout.write('z' * 100000000)",
    ],
)
def test_f22_a_flood_of_output_neither_blocks_nor_grows_the_worker(code: str) -> None:
    with WorkerProcess(SERVICE, logLinesPerSecond=100) as worker:
        control = worker.ready(logs=True)
        begun = time.monotonic()
        survives(worker, code)
        assert time.monotonic() - begun < 20
        assert control.ping() < 1
        assert sum(len(str(value)) for type_, value in control.seen if type_ == LOG) < 20_000_000


def test_f22_dropped_lines_are_counted_and_told_though_nothing_more_is_printed() -> None:
    with WorkerProcess(SERVICE, logLinesPerSecond=10) as worker:
        control = worker.ready(logs=True)
        worker.data().one(b"# \nfor i in range(500): print(i)")
        lines, dropped = 0, 0
        while lines + dropped < 500:
            log = control.next_json(LOG)
            lines += 1 if log["text"] else 0
            dropped += log.get("dropped", 0)
        assert lines + dropped == 500 and 10 <= lines <= 20


@pytest.mark.parametrize(
    "code",
    [
        "sys.stdout.close(); sys.stderr.close(); print('x')",
        "sys.stdout = None; sys.stderr = None",
        "sys.stdout = open(os.devnull, 'w'); sys.stdout.close()",
        "os.close(0); os.close(1); os.close(2); print('x')",
        "os.close(1); self.kept.append(open('mine.txt', 'w')); print('x')",
        "sys.stdout.buffer.write(b'\\xff\\xfe\\x00'); sys.stdout.write('\\ud800\\n')",
        "sys.stdout.detach",
        "sys.stdout.reconfigure(encoding='ascii'); print('ü')",
        "import logging; logging.basicConfig(); logging.error('x')",
        "import warnings; warnings.warn('x')",
    ],
)
def test_f22_streams_that_are_closed_replaced_or_filled_with_rubbish_harm_nobody(code: str) -> None:
    with WorkerProcess(SERVICE) as worker:
        worker.ready(logs=True)
        survives(worker, code)


@pytest.mark.parametrize(
    "code",
    [
        "os.closerange(3, 4096)",
        "os.closerange(3, 4096)\nfor i in range(40): self.kept.append(open(os.devnull))",
        "import socket\nos.closerange(3, 4096)\nfor i in range(40): self.kept += socket.socketpair()",
        "for fd in range(3, 64):\n  try: os.write(fd, b'garbage' * 100)\n  except OSError: pass",
        "for fd in range(3, 64):\n  try: os.write(fd, bytes([20, 0, 0, 0, 4]) + bytes(7))\n  except OSError: pass",
        "for fd in range(3, 64):\n  try: os.set_blocking(fd, False); os.read(fd, 10)\n  except OSError: pass",
        "for fd in range(3, 64):\n  try: os.dup2(1, fd)\n  except OSError: pass",
        "import socket as s\nfor i in range(3, 40):\n  try: s.socket(fileno=os.dup(i)).shutdown(2)\n  except OSError:0",
    ],
)
def test_f22_meddling_with_descriptors_never_makes_an_answer_that_nobody_gave(code: str) -> None:
    with WorkerProcess(SERVICE) as worker:
        worker.ready()
        lives_on_or_dies_alone(worker, code)


@pytest.mark.parametrize("fd", range(3, 24))
def test_f22_any_single_descriptor_may_be_closed(fd: int) -> None:
    with WorkerProcess(SERVICE) as worker:
        worker.ready()
        lives_on_or_dies_alone(worker, f"try: os.close({fd})\nexcept OSError: pass")


@pytest.mark.parametrize(
    "code",
    [
        "os.chdir('/')",
        "import tempfile; d = tempfile.mkdtemp(); os.chdir(d); os.rmdir(d)",
        "os.environ.clear()",
        "sys.path.clear(); sys.modules.clear()",
        "import signal\nfor s in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP): signal.signal(s, signal.SIG_IGN)",
        "import signal as s; s.signal(s.SIGALRM, lambda *a: None); s.setitimer(s.ITIMER_REAL, .001, .001)",
        "import signal; signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32))",
        "import signal; signal.set_wakeup_fd(-1)",
        "import gc; gc.disable(); gc.set_threshold(1)",
        "import threading; threading.Thread(target=lambda: __import__('time').sleep(30)).start()",
        "os.umask(0o777)",
        "sys.setrecursionlimit(60)",
        "sys.setswitchinterval(10)",
        "sys.settrace(lambda *a: None)",
        "import socket; socket.setdefaulttimeout(0.001)",
        "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (24, 24))",
        "import builtins; builtins.len = builtins.print",
        "import json; json.dumps = json.loads = None",
        "os.nice(5)",
        "os.setpgid(0, 0) if os.getpgrp() != os.getpid() else None",
    ],
)
def test_f23_changed_directory_environment_signals_and_limits_do_not_break_the_next_batch(code: str) -> None:
    with WorkerProcess(SERVICE) as worker:
        control = worker.ready()
        try:
            survives(worker, code)
        except (EOFError, OSError):
            assert worker.wait() != 0
        else:
            assert control.ping() < 2


def test_f23_a_signal_handler_that_raises_between_batches_costs_at_most_its_link() -> None:
    code = (
        "import signal\ndef ring(*a): raise TimeoutError('ring')\n"
        "signal.signal(signal.SIGALRM, ring); signal.setitimer(signal.ITIMER_REAL, .2)"
    )
    with WorkerProcess(SERVICE) as worker:
        worker.ready()
        worker.data().one(b"# \n" + code.encode())
        time.sleep(0.4)
        assert worker.data().one(b"after").body == b"after"


def test_f23_a_worker_whose_directory_was_changed_still_drains_and_removes_its_socket() -> None:
    from support.client import DRAIN, pack_frame

    with WorkerProcess(SERVICE) as worker:
        control = worker.ready()
        data = worker.data()
        data.one(b"# \nos.chdir('/'); os.environ.clear()")
        data.close()
        control.send(pack_frame(DRAIN))
        assert worker.wait() == 0
        assert not os.path.exists(worker.address)


def test_f16_f19_a_thread_of_the_user_that_never_ends_does_not_keep_a_drained_worker() -> None:
    from support.client import DRAIN, pack_frame

    with WorkerProcess(SERVICE) as worker:
        control = worker.ready()
        data = worker.data()
        data.one(b"# \nimport threading, time; threading.Thread(target=time.sleep, args=(60,)).start()")
        data.close()
        control.send(pack_frame(DRAIN))
        assert worker.wait(5) == 0
