"""A service as it was written in 2017: Keras 2, an architecture as JSON with its weights as HDF5."""

import numpy as np
from keras.models import model_from_json
from uai.arch.keras_model import KerasAiUcloudModel


class MnistModel(KerasAiUcloudModel):
    def __init__(self, conf):
        super(MnistModel, self).__init__(conf)

    def load_model(self):
        with open(self.model_dir + "/" + self.model_name + ".json") as file:
            self.model = model_from_json(file.read())
        self.model.load_weights(self.model_dir + "/" + self.model_name + ".h5")

    def execute(self, data, batch_size):
        imgs = [np.frombuffer(data[i], dtype=np.uint8).astype(np.float32) / 255 for i in range(batch_size)]
        return [int(np.argmax(row)) for row in self.model.predict(np.array(imgs), verbose=0)]
