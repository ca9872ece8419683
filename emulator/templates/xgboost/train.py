"""Trains boosted trees on digits with XGBoost and saves it as model/digits.ubj.

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

import numpy as np
import xgboost

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
    """Boosts `epochs` rounds of ten trees, one for each digit."""
    settings = {
        "objective": "multi:softprob",
        "num_class": 10,
        "max_depth": 4,
        "eta": 0.4,
        "subsample": 0.8,
        "tree_method": "hist",
        "seed": seed,
    }
    return xgboost.train(settings, xgboost.DMatrix(images, labels), num_boost_round=epochs)


def predict(model: Any, images: Any) -> Any:
    """Probabilities of the ten digits, one row an image."""
    return model.inplace_predict(images)


def save(model: Any, folder: str) -> None:
    """Writes digits.ubj, a binary JSON; digits.json would do as well."""
    model.save_model(os.path.join(folder, "digits.ubj"))


def main() -> None:
    """Reads the flags, trains, saves, and prints the accuracy on digits that were held out."""
    parser = argparse.ArgumentParser(description="Trains the model of Digits.")
    parser.add_argument("--data", required=True, help="digits as .npz or .json")
    parser.add_argument("--model_dir", default="model", help="folder of the model")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=30)
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
