"""MnistService: which digit is on a picture of 28 x 28 pixels? softmax(xW + b), trained by train.py."""

import os
from typing import Any, List

import numpy as np
import tensorflow as tf
from slipway.tensorflow import TensorFlowService

SIDE = 28
PIXELS = SIDE * SIDE


class MnistService(TensorFlowService):
    """Takes the 784 grey values of a digit as raw bytes (0 is the background), or a PNG, JPEG, BMP or GIF of it."""

    def load_model(self) -> None:
        """Restores W and b from the checkpoint `mnist.mod` in the model folder."""
        weights = tf.Variable(tf.zeros([PIXELS, 10]), name="W")
        bias = tf.Variable(tf.zeros([10]), name="b")
        checkpoint = tf.train.Checkpoint(W=weights, b=bias)
        checkpoint.read(os.path.join(self.model_dir, "mnist.mod")).assert_consumed()

        @tf.function(input_signature=[tf.TensorSpec([None, PIXELS], tf.uint8)])
        def predict(pixels: Any) -> Any:
            scaled = tf.cast(pixels, tf.float32) / 255.0
            return tf.argmax(tf.nn.softmax(tf.matmul(scaled, weights) + bias), axis=1)

        self.predict = predict

    def execute(self, data: List[Any], batch_size: int) -> List[int]:
        """One digit for each item of `data`, in the same order."""
        grey = b"".join(self.grey_values(item) for item in data)
        pixels = np.frombuffer(grey, dtype=np.uint8).reshape(batch_size, PIXELS)
        return self.predict(tf.constant(pixels)).numpy().tolist()

    def grey_values(self, image: bytes) -> bytes:
        """784 bytes, from raw bytes or from an image file."""
        if len(image) == PIXELS:
            return image
        try:
            decoded = tf.io.decode_image(bytes(image), channels=1, expand_animations=False)
        except tf.errors.InvalidArgumentError as error:
            raise ValueError(f"expected {PIXELS} bytes or an image file, got {len(image)} bytes") from error
        if decoded.shape[:2] != (SIDE, SIDE):
            decoded = tf.image.resize(decoded, [SIDE, SIDE], method="area")
        return np.rint(np.asarray(decoded)).astype(np.uint8).tobytes()
