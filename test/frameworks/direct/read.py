"""The digits of a file as the templates' models take them, and scores as the tests read them; no part of Slipway."""

import base64
import json
import sys

import numpy as np


def pixels():
    with open(sys.argv[2], encoding="utf-8") as file:
        images = [np.frombuffer(base64.b64decode(image), np.uint8) for image in json.load(file)["images"]]
    return np.stack(images).astype(np.float32) / np.float32(255)


def tell(scores):
    print(json.dumps(np.asarray(scores, dtype=np.float64).tolist()))
