import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import sys

del sys.path[0]
import tensorflow as tf

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from read import pixels, tell

reader = tf.train.load_checkpoint(os.path.join(sys.argv[1], "mnist.mod"))
names = {name.partition("/")[0]: name for name in reader.get_variable_to_shape_map()}
tell(tf.nn.softmax(pixels() @ reader.get_tensor(names["W"]) + reader.get_tensor(names["b"])).numpy())
