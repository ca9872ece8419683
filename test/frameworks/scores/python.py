"""The service of the template, answering the scores themselves instead of the digit."""

import numpy as np
from digits import DigitService


class Scores(DigitService):
    def execute(self, data, batch_size):
        pixels = np.stack([item.array() for item in data]).astype(np.float32)
        return pixels @ self.weights + self.bias
