import os
import sys

import numpy as np
from read import pixels, tell

with np.load(os.path.join(sys.argv[1], "weights.npz"), allow_pickle=False) as file:
    scores = pixels() @ file["W"] + file["b"]
tell(scores)
