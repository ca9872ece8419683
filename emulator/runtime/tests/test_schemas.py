"""Every JSON that leaves a Python process of ours fits its schema, which is made from the TypeScript side."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any, Tuple

import pytest
from support.client import DRAIN, ERROR, HELLO, LOG, STATE, Client, pack_frame
from support.nursery import NurseryProcess
from support.process import SCHEMAS, WorkerProcess, environment, wait_until

from slipway.inspect import inspect_source

jsonschema = pytest.importorskip("jsonschema")

SERVICE = """
class Service:
    def load_model(self):
        print("loaded \\ud800 \\x00")
    def execute(self, data, batch_size):
        if data[0] == b"flood":
            for index in range(100): print(index)
        return [1 // len(item) for item in data]
"""
PAYLOADS = {HELLO: "worker-hello", STATE: "state-payload", LOG: "log-payload", ERROR: "link-error"}


def check(name: str, value: Any) -> None:
    schema = json.loads((SCHEMAS / "json" / f"{name}.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(value)


def check_seen(client: Client) -> Tuple[int, ...]:
    for type_, value in client.seen:
        if type_ in PAYLOADS:
            check(PAYLOADS[type_], value)
    return tuple(sorted({type_ for type_, _ in client.seen}))


def test_hellos_states_logs_results_and_errors_of_a_worker() -> None:
    with WorkerProcess(SERVICE, logLinesPerSecond=10) as worker:
        check("worker-config", worker.config)
        control = worker.control(logs=True)
        control.wait_state("ready")
        data = worker.data()
        check_seen(data)
        result = data.call([b"flood", b""])
        check("result-head", result.head)
        check("error-body", result.rows[1].json())
        while not control.next_json(LOG).get("dropped"):
            pass
        bad = worker.data()
        bad.send(pack_frame(STATE))
        bad.next_json(ERROR)
        assert ERROR in check_seen(bad)
        control.send(pack_frame(DRAIN))
        control.wait_state("draining")
        assert {HELLO, STATE, LOG} <= set(check_seen(control))


@pytest.mark.parametrize("source", ["class A(:\n", "", "raise ValueError('\\ud800')\n"])
def test_reasons_of_a_worker_that_cannot_load(source: str) -> None:
    with WorkerProcess(source) as worker:
        check("reason", worker.failed())


def test_replies_of_the_warm_parent() -> None:
    with NurseryProcess(["no_such_module"]) as nursery:
        replica = nursery.start(SERVICE)
        replica.ready()
        replica.kill()
        nursery.hear("exited")
        nursery.say({"op": "fork", "worker": {"replica": "x"}})
        nursery.hear("fork-failed")
        assert {reply["op"] for reply in nursery.replies} == {"ready", "forked", "exited", "fork-failed"}
        for reply in nursery.replies:
            check("nursery-reply", reply)


def test_the_listening_line() -> None:
    with WorkerProcess(SERVICE, listen={"kind": "tcp", "host": "127.0.0.1", "port": 0, "secret": "s"}) as worker:
        wait_until(lambda: "\n" in worker.stdout())
        check("listening-line", json.loads(worker.stdout().split("\n")[0]))


@pytest.mark.parametrize("source", ["import a\nclass A(B):\n def execute(self): pass\n", "class (", ""])
def test_inspections(source: str) -> None:
    check("inspection", inspect_source(source))
    run = subprocess.run([sys.executable, "-m", "slipway.inspect", __file__], env=environment(), capture_output=True)
    check("inspection", json.loads(run.stdout))
