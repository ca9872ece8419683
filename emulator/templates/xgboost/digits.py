"""Digits: which digit is on a picture of 28 x 28 pixels? Boosted trees, trained by train.py."""

from typing import Any

import numpy as np
from slipway.xgboost import XGBoostService


class Digits(XGBoostService):
    """Takes the 784 grey values of a digit: as raw bytes, as a JSON list, or as a tensor of an inference request."""

    def preprocess(self, item: Any) -> Any:
        """Grey values from 0 (background) to 255 become numbers from 0 to 1."""
        return item.array() / np.float32(255)

    def postprocess(self, scores: Any) -> int:
        """The digit with the highest score."""
        return int(scores.argmax())
