"""How a worker comes up, and what it says when it cannot."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any, Dict

import pytest
from support.process import WorkerProcess, environment

GOOD = """
class Model:
    def load_model(self):
        pass
    def execute(self, data, batch_size):
        return [len(item) for item in data]
"""


def failure(source: str, **changes: Any) -> Dict[str, Any]:
    with WorkerProcess(source, **changes) as worker:
        return worker.failed()


@pytest.mark.parametrize(
    ("source", "code", "words"),
    [
        ("class Model(:\n", "source_invalid", ["main.py", "line 1"]),
        ("x = 1\n  y = 2\n", "source_invalid", ["line 2", "indent"]),
        ("class Model:\n    pass\n", "class_not_found", ["load_model", "execute"]),
        ("class Model:\n    def load_model(self): pass\n", "class_not_found", ["Model", "no execute"]),
        ("", "class_not_found", []),
        (GOOD + GOOD.replace("Model", "Other"), "class_not_found", ["Model", "Other"]),
        (GOOD.replace("data, batch_size", "data"), "class_signature", ["execute(self, data, batch_size)"]),
        (GOOD.replace("load_model(self)", "load_model()"), "class_signature", ["load_model(self)"]),
        (GOOD.replace("def execute", "async def execute"), "class_signature", ["async"]),
        (GOOD + "\n    def __init__(self, path): pass\n", "class_signature", ["__init__", "path"]),
        ("import no_such_module\n" + GOOD, "import_missing", ["no_such_module"]),
        ("import no_such_module.part\n" + GOOD, "import_missing", ["no_such_module"]),
        ("import json.no_such_part\n" + GOOD, "load_failed", ["json.no_such_part"]),
        (GOOD.replace("pass", "import no_such_module"), "import_missing", ["load_model", "no_such_module"]),
    ],
)
def test_f15_what_is_wrong_with_the_source_is_said(source: str, code: str, words: Any) -> None:
    reason = failure(source)
    assert reason["code"] == code
    assert all(word in reason["message"] for word in words), reason


def test_f15_a_null_byte_in_the_source_is_said() -> None:
    assert failure("x = 1\0\n")["code"] == "source_invalid"


def test_f15_a_main_file_that_is_not_there_is_said() -> None:
    assert failure(GOOD, main="other.py")["code"] == "source_invalid"


def test_f15_a_class_of_the_wrong_name_is_said() -> None:
    assert "Nope" in failure(GOOD, className="Nope")["message"]


def test_f16_a_load_that_raises_gives_the_traceback_of_the_user_and_nobody_elses() -> None:
    reason = failure(GOOD.replace("pass", "raise ValueError('weights are missing')"))
    assert reason["code"] == "load_failed"
    assert "ValueError: weights are missing" in reason["message"]
    assert "main.py" in reason["traceback"] and "slipway/" not in reason["traceback"]


@pytest.mark.parametrize("call", ["raise SystemExit(0)", "import sys; sys.exit(0)", "exit(0)"])
def test_f16_a_load_that_exits_with_0_is_a_failure(call: str) -> None:
    reason = failure(GOOD.replace("pass", call))
    assert reason["code"] == "load_failed" and "0" in reason["message"]


def test_f16_a_load_that_ends_the_process_leaves_nothing_but_an_exit_code() -> None:
    with WorkerProcess(GOOD.replace("pass", "import os; os._exit(0)")) as worker:
        assert worker.wait() == 0


def test_f16_while_a_load_hangs_the_worker_says_loading_and_answers_pings() -> None:
    with WorkerProcess(GOOD.replace("pass", "import time; time.sleep(60)")) as worker:
        control = worker.control()
        control.wait_state("loading")
        assert control.ping() < 1


def test_f16_an_import_that_hangs_leaves_the_worker_reachable() -> None:
    with WorkerProcess("import time; time.sleep(60)\n" + GOOD) as worker:
        control = worker.control()
        control.wait_state("loading")
        assert control.ping() < 1


def test_a_load_that_is_drained_away_ends_at_once() -> None:
    from support.client import DRAIN, pack_frame

    with WorkerProcess(GOOD.replace("pass", "import time; time.sleep(60)")) as worker:
        worker.control().send(pack_frame(DRAIN))
        assert worker.wait(5) == 0


def test_the_service_finds_its_model_its_configuration_and_its_folder() -> None:
    source = """
    import os
    import helper
    class Model:
        def __init__(self):
            self.early = self.model_dir
        def load_model(self):
            with open(os.path.join(self.model_dir, "weights.txt")) as file:
                self.weights = file.read()
        def execute(self, data, batch_size):
            env = [os.environ[name] for name in ("MODE", "OMP_NUM_THREADS", "CUDA_VISIBLE_DEVICES")]
            same = self.early == self.model_dir
            return [[self.weights, self.conf, same, os.getcwd(), helper.NAME, *env]] * batch_size
    """
    files = {"model/v1/weights.txt": "w1", "helper.py": "NAME = 'helper'"}
    options: Dict[str, Any] = {"config": {"k": [1]}, "environment": {"MODE": "fast"}, "threads": 3, "gpus": [1, 2]}
    with WorkerProcess(source, files, model="model/v1", **options) as worker:
        worker.ready()
        values = worker.data().one(b"").json()
        bundle = os.path.realpath(worker.bundle)
        assert values == ["w1", {"k": [1]}, True, bundle, "helper", "fast", "3", "1,2"]


def test_a_constructor_that_wants_conf_gets_it() -> None:
    source = GOOD.replace("def load_model", "def __init__(self, conf):\n        self.kept = conf\n    def load_model")
    with WorkerProcess(source.replace("len(item)", "self.kept"), config={"a": 1}) as worker:
        worker.ready()
        assert worker.data().one(b"").json() == {"a": 1}


def test_the_class_may_come_from_another_file_and_its_base_class_is_not_mistaken_for_it() -> None:
    source = """
    from slipway import Service
    class Base(Service):
        def load_model(self): pass
        def execute(self, data, batch_size): return ["base"] * batch_size
    class Model(Base):
        def execute(self, data, batch_size): return ["model"] * batch_size
    """
    with WorkerProcess(source) as worker:
        worker.ready()
        assert worker.data().one(b"").body == b"model"
    with WorkerProcess("from parts.model import Model\n", {"parts/model.py": GOOD, "parts/__init__.py": ""}) as worker:
        worker.ready()
        assert worker.data().one(b"abc").body == b"3"


@pytest.mark.parametrize("name", ["inspect.py", "json.py", "service.py"])
def test_a_main_file_may_be_called_like_a_library(name: str) -> None:
    with WorkerProcess("", {name: GOOD}, main=name) as worker:
        worker.ready()
        assert worker.data().one(b"abc").body == b"3"


def test_the_first_sample_is_run_before_the_worker_is_ready() -> None:
    source = GOOD.replace("return [", "print('executed', data[0], data[0].content_type); return [")
    files = {"samples/b.json": "[2]", "samples/a.txt": "one", "samples/a.expected.json": "3", "samples/.hidden": "x"}
    with WorkerProcess(source, files) as worker:
        worker.ready()
        assert "executed b'one' text/plain" in worker.stdout()
        assert "[2]" not in worker.stdout()


@pytest.mark.parametrize(
    ("name", "body", "words"),
    [
        ("x.bin", "", ["x.bin", "ZeroDivisionError"]),
        ("x.json", "[1", ["x.json", "not JSON"]),
    ],
)
def test_a_worker_that_fails_on_its_own_sample_does_not_become_ready(name: str, body: str, words: Any) -> None:
    reason = failure(GOOD.replace("len(item)", "1 / len(item)"), files={f"samples/{name}": body})
    assert reason["code"] == "selftest_failed"
    assert all(word in reason["message"] for word in words), reason


def test_a_sample_that_is_an_inference_request_is_run_as_one() -> None:
    request = {"inputs": [{"name": "x", "datatype": "FP32", "shape": [2], "data": [1, 2]}]}
    source = GOOD.replace("len(item)", "sum(item.json())")
    declared = {"name": "x", "datatype": "FP32", "shape": [2]}
    with WorkerProcess(source, {"samples/one.json": json.dumps(request)}, input=declared) as worker:
        worker.ready()


def test_a_configuration_that_does_not_fit_is_refused_with_2() -> None:
    for line in (b"{}\n", b"not json\n", b"\n", b""):
        run = subprocess.run(
            [sys.executable, "-m", "slipway.worker"], input=line, env=environment(), capture_output=True
        )
        assert run.returncode == 2 and b"configuration" in run.stderr


def test_a_worker_on_tcp_tells_its_port_first_and_wants_the_secret() -> None:
    from support.process import wait_until

    listen = {"kind": "tcp", "host": "127.0.0.1", "port": 0, "secret": "s3"}
    with WorkerProcess(GOOD, listen=listen) as worker:
        wait_until(lambda: "\n" in worker.stdout())
        line = json.loads(worker.stdout().split("\n")[0])["listening"]
        worker.address = (line["host"], line["port"])
        worker.ready(secret="s3")
        assert worker.data(secret="s3").one(b"abc").body == b"3"
        for hello in ({}, {"secret": "wrong"}, {"secret": 7}, {"secret": "s3ü"}):
            with pytest.raises(AssertionError, match="secret"):
                worker.data(**hello)


def test_a_worker_started_with_a_file_needs_no_standard_input_and_logs_json() -> None:
    source = GOOD.replace("return [", "print('hello'); return [")
    with WorkerProcess(source, arguments=["--config", "{config}"]) as worker:
        worker.ready()
        worker.data().one(b"abc")
        line = json.loads(worker.stdout().strip().split("\n")[-1])
        assert (line["text"], line["stream"], line["requests"]) == ("hello", "stdout", ["request-0"])
