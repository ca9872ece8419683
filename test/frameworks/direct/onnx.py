import os
import sys

import onnxruntime
from read import pixels, tell

session = onnxruntime.InferenceSession(os.path.join(sys.argv[1], "digits.onnx"), providers=["CPUExecutionProvider"])
tell(session.run(None, {"image": pixels()})[0])
