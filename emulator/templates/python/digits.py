"""DigitService: which digit is on a picture of 28 x 28 pixels? softmax(xW + b) with numpy, trained by train.py."""

import os
from typing import Any, List

import numpy as np
from slipway import stack


class DigitService:
    """Takes the 784 grey values of a digit: as raw bytes, as a JSON list, or as a tensor of an inference request."""

    model_dir: str

    def load_model(self) -> None:
        """Reads W and b from the model folder, `self.model_dir`."""
        with np.load(os.path.join(self.model_dir, "weights.npz"), allow_pickle=False) as file:
            self.weights = file["W"] / 255.0
            self.bias = file["b"]

    def execute(self, data: List[Any], batch_size: int) -> List[int]:
        """One digit for each item of `data`, in the same order."""
        scores = stack(data, dtype="float32") @ self.weights + self.bias
        # softmax keeps the order of the scores, so that the largest is found without it.
        return np.argmax(scores, axis=1).tolist()
