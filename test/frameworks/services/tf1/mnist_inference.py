"""A service as it was written in 2017: TensorFlow 1, sessions, and a file-like data[i]."""

import os

import numpy as np
import tensorflow as tf
from uai.arch.tf_model import TFAiUcloudModel


class MnistModel(TFAiUcloudModel):
    def __init__(self, conf):
        super(MnistModel, self).__init__(conf)

    def load_model(self):
        sess = tf.Session()
        x = tf.placeholder(tf.float32, [None, 784])
        W = tf.Variable(tf.zeros([784, 10]), name="W")
        b = tf.Variable(tf.zeros([10]), name="b")
        y_ = tf.nn.softmax(tf.matmul(x, W) + b)
        saver = tf.train.Saver()
        saver.restore(sess, os.path.join(self.model_dir, "mnist.mod"))
        self.output["sess"] = sess
        self.output["x"] = x
        self.output["y_"] = y_

    def execute(self, data, batch_size):
        sess = self.output["sess"]
        x = self.output["x"]
        y_ = self.output["y_"]
        ids = range(0, batch_size)
        imgs = []
        for i in ids:
            # All three ways in which services of the time took a request.
            if i % 3 == 0:
                data[i].seek(0)
                raw = data[i].read()
            elif i % 3 == 1:
                raw = data[i].body
            else:
                raw = data[i]
            imgs.append(np.frombuffer(raw, dtype=np.uint8).astype(np.float32) / 255)
        predict_values = sess.run(y_, feed_dict={x: np.array(imgs)})
        ret = []
        for val in predict_values:
            ret.append(np.array_str(np.argmax(val)) + "\n")
        return ret
