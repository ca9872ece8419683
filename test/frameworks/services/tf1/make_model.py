"""Saves the weights of the TensorFlow template as TensorFlow 1 did: `make_model.py TEMPLATE_MODEL FOLDER`."""

import os
import sys

import tensorflow as tf

reader = tf.train.load_checkpoint(os.path.join(sys.argv[1], "mnist.mod"))
names = {name.partition("/")[0]: name for name in reader.get_variable_to_shape_map()}
v1 = tf.compat.v1
v1.disable_eager_execution()
W = v1.Variable(reader.get_tensor(names["W"]), name="W")
b = v1.Variable(reader.get_tensor(names["b"]), name="b")
with v1.Session() as session:
    session.run(v1.global_variables_initializer())
    v1.train.Saver().save(session, os.path.join(sys.argv[2], "mnist.mod"))
