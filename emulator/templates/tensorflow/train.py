"""Trains softmax(xW + b) on digits and saves it as checkpoint_dir/mnist.mod.

    python train.py --data digits.npz
    python train.py --data digits.json --seed 2 --model_dir checkpoint_dir

A .npz holds `images` (n x 784, 0 to 255) and `labels` (n). A .json holds the same two as lists; an image may also
be the base64 of its 784 bytes.
"""

import argparse
import base64
import json
import os
from typing import Any, Tuple

# TensorFlow tells much about the machine that nobody asked for.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import tensorflow as tf

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


def train(images: Any, labels: Any, seed: int, epochs: int) -> Tuple[Any, Any]:
    """Minimises the cross entropy with Adam; returns the variables W and b."""
    tf.keras.utils.set_random_seed(seed)
    weights = tf.Variable(tf.random.normal([PIXELS, 10], stddev=0.01), name="W")
    bias = tf.Variable(tf.zeros([10]), name="b")
    optimizer = tf.keras.optimizers.Adam(0.003)

    @tf.function(reduce_retracing=True)
    def step(batch: Any, wanted: Any) -> None:
        with tf.GradientTape() as tape:
            logits = tf.matmul(batch, weights) + bias
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=wanted, logits=logits)
            loss = tf.reduce_mean(losses) + 1e-4 * tf.nn.l2_loss(weights)
        optimizer.apply_gradients(zip(tape.gradient(loss, [weights, bias]), [weights, bias]))

    order = np.random.default_rng(seed)
    for _ in range(epochs):
        shuffled = order.permutation(len(labels))
        for start in range(0, len(labels), BATCH):
            chosen = shuffled[start : start + BATCH]
            step(tf.constant(images[chosen]), tf.constant(labels[chosen]))
    return weights, bias


def accuracy(images: Any, labels: Any, weights: Any, bias: Any) -> float:
    """Share of the images whose digit is recognised."""
    found = np.argmax(images @ weights.numpy() + bias.numpy(), axis=1)
    return float(np.mean(found == labels))


def main() -> None:
    """Reads the flags, trains, saves, and prints the accuracy on digits that were held out."""
    parser = argparse.ArgumentParser(description="Trains the model of MnistService.")
    parser.add_argument("--data", required=True, help="digits as .npz or .json")
    parser.add_argument("--model_dir", default="checkpoint_dir", help="folder of the checkpoint mnist.mod")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--held_out", type=float, default=0.1, help="share of the digits kept for measuring")
    flags = parser.parse_args()

    images, labels = read_digits(flags.data)
    order = np.random.default_rng(flags.seed).permutation(len(labels))
    held = int(len(labels) * flags.held_out)
    test, rest = order[:held], order[held:]
    weights, bias = train(images[rest], labels[rest], flags.seed, flags.epochs)
    os.makedirs(flags.model_dir, exist_ok=True)
    tf.train.Checkpoint(W=weights, b=bias).write(os.path.join(flags.model_dir, "mnist.mod"))
    print(f"trained on {len(rest)} digits with seed {flags.seed}")
    if held > 0:
        print(f"accuracy on {held} held-out digits: {accuracy(images[test], labels[test], weights, bias):.3f}")


if __name__ == "__main__":
    main()
