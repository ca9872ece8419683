"""Saves the model of the Keras template as Keras 2 did: `make_model.py TEMPLATE_MODEL FOLDER`."""

import os
import sys

import keras
import tf_keras

weights = keras.saving.load_model(os.path.join(sys.argv[1], "digits.keras")).get_weights()
model = tf_keras.Sequential([tf_keras.layers.Dense(10, activation="softmax", input_shape=(784,))])
model.set_weights(weights)
with open(os.path.join(sys.argv[2], "mnist_model.json"), "w") as file:
    file.write(model.to_json())
model.save_weights(os.path.join(sys.argv[2], "mnist_model.h5"))
