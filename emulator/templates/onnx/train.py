"""Trains softmax(xW + b) on digits with ONNX Runtime and saves it as model/digits.onnx.

    python train.py --data digits.npz
    python train.py --data digits.json --seed 2 --model_dir model

A .npz holds `images` (n x 784, 0 to 255) and `labels` (n). A .json holds the same two as lists; an image may also
be the base64 of its 784 bytes.
"""

import argparse
import base64
import json
import os
from typing import Any, Tuple

from onnx import TensorProto, helper, numpy_helper
import numpy as np
import onnx

PIXELS = 784
BATCH = 100


def read_digits(path: str) -> Tuple[Any, Any]:
    """Images as n x 784 float32 between 0 and 1, labels as n integers."""
    if path.endswith(".npz"):
        with np.load(path, allow_pickle=False) as file:
            images, labels = file["images"], file["labels"]
    else:
        with open(path, encoding="utf-8") as text:
            digits = json.load(text)
        images = np.stack([_pixels(image) for image in digits["images"]])
        labels = np.asarray(digits["labels"])
    images = np.asarray(images, dtype=np.float32).reshape(len(labels), PIXELS) / 255.0
    return images, labels.astype(np.int64)


def _pixels(image: Any) -> Any:
    if isinstance(image, str):
        return np.frombuffer(base64.b64decode(image), dtype=np.uint8)
    return np.asarray(image, dtype=np.uint8)


def train(images: Any, labels: Any, seed: int, epochs: int) -> Any:
    """Minimises the cross entropy by gradient descent with momentum; returns W and b."""
    order = np.random.default_rng(seed)
    weights = order.normal(0.0, 0.01, (PIXELS, 10)).astype(np.float32)
    bias = np.zeros(10, dtype=np.float32)
    speed_w, speed_b = np.zeros_like(weights), np.zeros_like(bias)
    wanted = np.eye(10, dtype=np.float32)[labels]
    for _ in range(epochs):
        shuffled = order.permutation(len(labels))
        for start in range(0, len(labels), BATCH):
            chosen = shuffled[start : start + BATCH]
            batch = images[chosen]
            error = (predict((weights, bias), batch) - wanted[chosen]) / len(chosen)
            speed_w = 0.9 * speed_w - 0.05 * (batch.T @ error + 1e-4 * weights)
            speed_b = 0.9 * speed_b - 0.05 * error.sum(axis=0)
            weights, bias = weights + speed_w, bias + speed_b
    return weights, bias


def predict(model: Any, images: Any) -> Any:
    """Probabilities of the ten digits, one row an image."""
    weights, bias = model
    scores = images @ weights + bias
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def save(model: Any, folder: str) -> None:
    """Writes digits.onnx: MatMul, Add and Softmax. Needs the package onnx, which serving does not."""
    weights, bias = model
    nodes = [
        helper.make_node("MatMul", ["image", "W"], ["product"]),
        helper.make_node("Add", ["product", "b"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["scores"], axis=1),
    ]
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", PIXELS])
    scores = helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["batch", 10])
    constants = [numpy_helper.from_array(weights, "W"), numpy_helper.from_array(bias, "b")]
    graph = helper.make_graph(nodes, "digits", [image], [scores], constants)
    made = helper.make_model(graph, producer_name="slipway-template", opset_imports=[helper.make_opsetid("", 17)])
    made.ir_version = 10
    onnx.checker.check_model(made)
    onnx.save(made, os.path.join(folder, "digits.onnx"))


def main() -> None:
    """Reads the flags, trains, saves, and prints the accuracy on digits that were held out."""
    parser = argparse.ArgumentParser(description="Trains the model of Digits.")
    parser.add_argument("--data", required=True, help="digits as .npz or .json")
    parser.add_argument("--model_dir", default="model", help="folder of the model")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--held_out", type=float, default=0.1, help="share of the digits kept for measuring")
    flags = parser.parse_args()

    images, labels = read_digits(flags.data)
    order = np.random.default_rng(flags.seed).permutation(len(labels))
    held = int(len(labels) * flags.held_out)
    test, rest = order[:held], order[held:]
    model = train(images[rest], labels[rest], flags.seed, flags.epochs)
    os.makedirs(flags.model_dir, exist_ok=True)
    save(model, flags.model_dir)
    print(f"trained on {len(rest)} digits with seed {flags.seed}")
    if held > 0:
        accuracy = float(np.mean(np.argmax(predict(model, images[test]), axis=1) == labels[test]))
        print(f"accuracy on {held} held-out digits: {accuracy:.3f}")


if __name__ == "__main__":
    main()
