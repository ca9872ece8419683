import os
import sys

here = sys.path.pop(0)
try:
    import caffe
except ImportError:
    import cv2

    caffe = None
sys.path.insert(0, here)
from read import pixels, tell

files = [os.path.join(sys.argv[1], name) for name in ("digits.prototxt", "digits.caffemodel")]
images = pixels()
if caffe is None:
    net = cv2.dnn.readNetFromCaffe(*files)
    net.setInput(images)
    tell(net.forward())
else:
    net = caffe.Net(*files, caffe.TEST)
    net.blobs["data"].reshape(*images.shape)
    net.blobs["data"].data[...] = images
    tell(net.forward()["scores"])
