"""The service of the template, answering the scores themselves instead of the digit."""

import numpy as np
import tensorflow as tf
from mnist import MnistService


class Scores(MnistService):
    def load_model(self):
        super().load_model()
        self.weights = {one.name.partition(":")[0]: one for one in self.predict.get_concrete_function().variables}

    def execute(self, data, batch_size):
        grey = np.frombuffer(b"".join(map(self.grey_values, data)), np.uint8).reshape(batch_size, -1)
        pixels = grey.astype(np.float32) / np.float32(255)
        return tf.nn.softmax(pixels @ self.weights["W"] + self.weights["b"]).numpy()
