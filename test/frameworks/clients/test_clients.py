"""Clients that others wrote, against the Python template: SLIPWAY_INFERENCE is the gateway, SLIPWAY_SAMPLES its samples."""

import asyncio
import json
import os
import pathlib

import aiohttp
import httpx
import numpy as np
import pytest
import requests
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException

URL = os.environ["SLIPWAY_INFERENCE"]
TASK = "digits"
RAW = pathlib.Path(os.environ["SLIPWAY_SAMPLES"], "digit-2.raw").read_bytes()
PIXELS = np.frombuffer(RAW, np.uint8)


@pytest.fixture
def client():
    with triton.InferenceServerClient(URL.removeprefix("http://"), concurrency=8) as made:
        yield made


def image(shape, binary=True):
    given = triton.InferInput("image", list(shape), "UINT8")
    given.set_data_from_numpy(np.broadcast_to(PIXELS[: shape[-1]], shape), binary_data=binary)
    return given


def test_triton_finds_server_and_model(client):
    assert client.is_server_live() and client.is_server_ready() and client.is_model_ready(TASK)
    assert not client.is_model_ready("nobody")
    assert "binary_tensor_data" in client.get_server_metadata()["extensions"]
    assert client.get_model_config(TASK)["input"] == [{"name": "image", "data_type": "TYPE_UINT8", "dims": [784]}]
    (listed,) = client.get_model_repository_index()
    assert (listed["name"], listed["version"], listed["state"]) == (TASK, "v1", "READY")
    assert client.get_model_metadata(TASK)["inputs"] == [{"name": "image", "datatype": "UINT8", "shape": [-1, 784]}]


@pytest.mark.parametrize("shape", [(784,), (1, 784), (3, 784)])
@pytest.mark.parametrize("binary", [True, False])
def test_triton_infers(client, shape, binary):
    answer = client.infer(TASK, [image(shape, binary)], request_id="mine")
    (output,) = answer.get_response()["outputs"]
    assert answer.get_response()["id"] == "mine"
    assert set(answer.as_numpy(output["name"]).ravel().tolist()) == {2}
    wanted = [triton.InferRequestedOutput(output["name"], binary_data=False)]
    (told,) = client.infer(TASK, [image(shape, binary)], outputs=wanted).get_response()["outputs"]
    assert np.ravel(told["data"]).tolist() == [2] * (shape[0] if len(shape) > 1 else 1)


@pytest.mark.parametrize("algorithm", ["gzip", "deflate"])
def test_triton_infers_compressed(client, algorithm):
    ways = {"request_compression_algorithm": algorithm, "response_compression_algorithm": algorithm}
    assert client.infer(TASK, [image((1, 784))], **ways).as_numpy("output").item() == 2


def test_triton_infers_at_once(client):
    given = [image((1, 784))]
    answers = [client.async_infer(TASK, given) for _ in range(50)]
    assert {answer.get_result().as_numpy("output").item() for answer in answers} == {2}


@pytest.mark.parametrize(
    ("ask", "text"),
    [
        (lambda client: client.infer("nobody", [image((1, 784))]), "slipway tasks"),
        (lambda client: client.infer(TASK, [image((1, 700))]), "shape"),
        (lambda client: client.get_inference_statistics(TASK), "nothing at"),
    ],
)
def test_triton_shows_what_is_wrong(client, ask, text):
    with pytest.raises(InferenceServerException) as told:
        ask(client)
    assert text in str(told.value.message())


def test_requests_with_a_session_a_generator_and_json():
    with requests.Session() as session:
        for body in (RAW, iter([RAW[:100], RAW[100:]])):
            answer = session.post(f"{URL}/{TASK}", data=body)
            assert (answer.status_code, answer.json()) == (200, 2)
        assert session.post(f"{URL}/{TASK}", json=PIXELS.tolist()).json() == 2
        assert session.post(f"{URL}/{TASK}", json={"a": 1}).json()["error"]["code"] == "request_unfit"


def test_httpx_over_few_connections():
    async def all_at_once():
        async with httpx.AsyncClient(limits=httpx.Limits(max_connections=16), timeout=60) as session:
            answers = await asyncio.gather(*(session.post(f"{URL}/{TASK}", content=RAW) for _ in range(200)))
            return {answer.text for answer in answers}

    assert asyncio.run(all_at_once()) == {"2"}


def test_aiohttp_over_many_connections():
    async def all_at_once():
        async with aiohttp.ClientSession() as session:

            async def one():
                async with session.post(f"{URL}/{TASK}", data=RAW) as answer:
                    return json.loads(await answer.read())

            return set(await asyncio.gather(*(one() for _ in range(300))))

    assert asyncio.run(all_at_once()) == {2}
