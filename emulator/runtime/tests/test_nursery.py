"""The warm parent: forked and spawned replicas, what they inherit, and that nothing outlives anything."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from support.client import DRAIN, pack_frame
from support.nursery import NurseryProcess
from support.process import is_gone, wait_until

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")

ECHO = """
class Echo:
    def load_model(self):
        pass
    def execute(self, data, batch_size):
        return [bytes(item) for item in data]
"""

RUN = """
import os, subprocess, sys
class Run:
    def load_model(self):
        self.kept = []
    def execute(self, data, batch_size):
        names = {"self": self, "os": os, "sys": sys, "subprocess": subprocess}
        return [eval(item.decode(), names) for item in data]
"""

DAEMON = (
    "[(lambda r, w: (os.close(w), int(os.read(r, 20)))[1] if (pid := os.fork()) else "
    "(os.setsid(), os._exit(0) if os.fork() else (os.write(w, b'%d' % os.getpid()), __import__('time').sleep(60))))"
    "(*os.pipe())][0]"
)


@pytest.mark.parametrize("fresh", [False, True])
def test_a_replica_answers_drains_and_its_exit_is_told(fresh: bool) -> None:
    with NurseryProcess() as nursery:
        replica = nursery.start(ECHO, fresh=fresh)
        control = replica.ready()
        data = replica.data()
        assert data.one(b"abc").body == b"abc"
        data.close()
        control.send(pack_frame(DRAIN))
        exited = nursery.hear("exited")
        assert exited == {"op": "exited", "replica": replica.name, "pid": replica.pid, "code": 0, "signal": None}


def test_f26_a_killed_replica_is_told_with_its_signal_and_its_siblings_go_on() -> None:
    with NurseryProcess() as nursery:
        first, second = nursery.start(ECHO, 0), nursery.start(ECHO, 1)
        first.ready()
        second.ready()
        os.kill(first.pid, signal.SIGKILL)
        exited = nursery.hear("exited")
        assert (exited["replica"], exited["code"], exited["signal"]) == (first.name, None, "SIGKILL")
        assert second.data().one(b"x").body == b"x"
        again = nursery.start(ECHO, 0)
        again.ready()
        assert again.data().one(b"y").body == b"y"


def test_a_replica_that_cannot_load_exits_with_1() -> None:
    with NurseryProcess() as nursery:
        replica = nursery.start("raise ValueError('no weights')\n")
        state = replica.control().wait_state("failed")
        assert "no weights" in state["reason"]["message"]
        assert nursery.hear("exited")["code"] == 1


def test_imports_that_fail_are_told_and_harm_nobody() -> None:
    with NurseryProcess(["json", "no_such_module"]) as nursery:
        assert nursery.ready["failed"] == ["no_such_module"]
        assert nursery.ready["forkable"] is True
        nursery.start(ECHO).ready()


def test_a_preloaded_module_is_there_in_the_fork_and_not_in_a_fresh_worker() -> None:
    with NurseryProcess(["colorsys"]) as nursery:
        for ordinal, fresh in enumerate([False, True]):
            replica = nursery.start(RUN, ordinal, fresh)
            replica.ready()
            assert replica.data().one(b"'colorsys' in sys.modules").json() is not fresh


def test_an_import_that_prints_does_not_spoil_the_replies(tmp_path: Path) -> None:
    (tmp_path / "loud.py").write_text("import os\nprint('loud' * 10)\nos.write(1, b'{}\\n')\n")
    path = f"{os.path.dirname(os.path.dirname(__file__))}:{tmp_path}"
    with NurseryProcess(["loud"], env={"PYTHONPATH": path}) as nursery:
        assert nursery.ready["failed"] == []
        nursery.start(ECHO).ready()


def test_where_imports_started_threads_workers_are_spawned(tmp_path: Path) -> None:
    (tmp_path / "busy.py").write_text(
        "import threading, time\nthreading.Thread(target=time.sleep, args=(99,), daemon=True).start()\n"
    )
    path = f"{os.path.dirname(os.path.dirname(__file__))}:{tmp_path}"
    with NurseryProcess(["busy"], env={"PYTHONPATH": path}) as nursery:
        assert nursery.ready["forkable"] is False and "thread" in nursery.ready["why"]
        replica = nursery.start(RUN)
        replica.ready()
        assert replica.data().one(b"'busy' in sys.modules").json() is False


def test_files_in_the_directory_of_the_platform_hide_no_library(tmp_path: Path) -> None:
    (tmp_path / "colorsys.py").write_text("raise ValueError('the wrong one')\n")
    with NurseryProcess(["colorsys"], cwd=tmp_path) as nursery:
        assert nursery.ready["failed"] == []


def test_replicas_draw_different_random_numbers() -> None:
    preload = ["random"]
    try:
        import numpy  # noqa: F401

        preload.append("numpy")
    except ImportError:
        pass
    with NurseryProcess(preload) as nursery:
        drawn = []
        for ordinal in range(3):
            replica = nursery.start(RUN, ordinal)
            replica.ready()
            drawn.append(replica.data().one(b"__import__('random').random()").json())
            if "numpy" in preload:
                drawn.append(replica.data().one(b"__import__('numpy').random.rand()").json())
        assert len(set(drawn)) == len(drawn)


@pytest.mark.parametrize("fresh", [False, True])
def test_a_replica_holds_no_descriptor_of_the_warm_parent(fresh: bool) -> None:
    with NurseryProcess() as nursery:
        nursery.start(ECHO, 0, fresh=True).ready()
        replica = nursery.start(ECHO, 1, fresh=fresh)
        replica.ready()
        mine = set()
        for fd in os.listdir(f"/proc/{replica.pid}/fd"):
            mine.add(os.readlink(f"/proc/{replica.pid}/fd/{fd}"))
        parents = set()
        for fd in os.listdir(f"/proc/{nursery.process.pid}/fd"):
            if fd not in ("0", "2"):
                parents.add(os.readlink(f"/proc/{nursery.process.pid}/fd/{fd}"))
        shared = {each for each in mine & parents if not each.startswith("/")}
        # A spawned worker's standard input is the other end of a pipe of the warm parent.
        assert len(shared) == (1 if fresh else 0), shared


def test_output_of_a_replica_arrives_at_the_socket_with_its_name() -> None:
    with NurseryProcess() as nursery:
        replica = nursery.start(ECHO.replace("pass", "import os; os.write(1, b'native\\n'); print('printed')"))
        seen = {}
        for _ in range(2):
            sock, _ = nursery.outputs.accept()
            sock.settimeout(5)
            head, _, rest = sock.recv(1000).partition(b"\n")
            import json

            stream = json.loads(head)
            assert stream["replica"] == replica.name
            seen[stream["stream"]] = (sock, rest)
        replica.ready()
        sock, text = seen["stdout"]
        while b"printed" not in text:
            text += sock.recv(1000)
        assert text == b"native\nprinted\n"
        for sock, _ in seen.values():
            sock.close()


@pytest.mark.parametrize(
    "code",
    [
        "subprocess.Popen(['sleep', '60']).pid",
        "subprocess.Popen(['sleep', '60'], start_new_session=True).pid",
        DAEMON,
    ],
    ids=["child", "session", "daemon"],
)
@pytest.mark.parametrize("end", ["kill -9 replica", "kill command", "end of input", "kill -9 nursery"])
def test_f21_f26_nothing_that_a_service_started_outlives_it(code: str, end: str) -> None:
    with NurseryProcess() as nursery:
        replica = nursery.start(RUN)
        replica.ready()
        child = replica.data().one(code.encode()).json()
        assert not is_gone(child)
        if end == "kill -9 replica":
            os.kill(replica.pid, signal.SIGKILL)
            nursery.hear("exited")
            assert is_gone(child)
        elif end == "kill command":
            replica.kill()
            nursery.hear("exited")
            assert is_gone(child)
        elif end == "end of input":
            assert nursery.process.stdin is not None
            nursery.process.stdin.close()
            assert nursery.process.wait(5) == 0
            assert is_gone(child) and is_gone(replica.pid)
        else:
            nursery.process.kill()
            wait_until(lambda: is_gone(replica.pid), 1.0, "the end of the replica")
            # Nobody is left who knows of a process that was exec'ed: the platform sweeps those.
            os.kill(child, signal.SIGKILL)


@pytest.mark.parametrize("fresh", [False, True])
@pytest.mark.parametrize("busy", [False, True])
def test_f26_a_replica_ends_within_a_second_of_its_warm_parent(fresh: bool, busy: bool) -> None:
    with NurseryProcess() as nursery:
        replica = nursery.start(RUN, fresh=fresh)
        replica.ready()
        if busy:
            from support.client import pack_batch

            replica.data().send(pack_batch([b"__import__('ctypes').PyDLL(None).sleep(30)"]))
            time.sleep(0.1)
        nursery.process.kill()
        wait_until(lambda: is_gone(replica.pid), 1.0, "the end of the replica")


def test_strays_of_a_living_replica_are_left_alone() -> None:
    with NurseryProcess() as nursery:
        living, dying = nursery.start(RUN, 0), nursery.start(RUN, 1)
        living.ready()
        dying.ready()
        shell = "['sh', '-c', 'sleep 60 >/dev/null & echo $!']"
        start = f"subprocess.run({shell}, stdout=-1, start_new_session=True).stdout.decode()".encode()
        stray = int(living.data().one(start).body)
        dying.kill()
        nursery.hear("exited")
        assert not is_gone(stray)
        living.kill()
        nursery.hear("exited")
        assert is_gone(stray)


def test_a_configuration_that_does_not_fit_is_told_as_fork_failed() -> None:
    with NurseryProcess() as nursery:
        nursery.say({"op": "fork", "worker": {"replica": "probe-r0"}})
        reply = nursery.hear("fork-failed")
        assert reply["replica"] == "probe-r0" and reply["reason"]["code"] == "internal"
        nursery.start(ECHO).ready()


def test_a_kill_of_an_unknown_replica_is_ignored() -> None:
    with NurseryProcess() as nursery:
        nursery.say({"op": "kill", "replica": "nobody"})
        nursery.start(ECHO).ready()


def test_a_line_that_is_no_command_ends_everything() -> None:
    with NurseryProcess() as nursery:
        replica = nursery.start(ECHO)
        replica.ready()
        nursery.say("x")
        assert nursery.process.wait(5) == 0
        assert is_gone(replica.pid)


def test_sigterm_ends_everything() -> None:
    with NurseryProcess() as nursery:
        replica = nursery.start(ECHO)
        replica.ready()
        nursery.process.terminate()
        assert nursery.process.wait(5) == 0
        assert is_gone(replica.pid)


def test_f26_replicas_killed_at_random_moments_are_all_told_and_leave_nothing() -> None:
    import random

    rng = random.Random(26)
    with NurseryProcess() as nursery:
        for round_ in range(12):
            replica = nursery.start(ECHO, round_ % 3)
            time.sleep(rng.random() * 0.03)
            if rng.random() < 0.5:
                replica.kill()
            else:
                os.kill(replica.pid, signal.SIGKILL)
            exited: Any = nursery.hear("exited")
            assert (exited["pid"], exited["signal"]) == (replica.pid, "SIGKILL")
        assert [reply["op"] for reply in nursery.replies].count("exited") == 12
