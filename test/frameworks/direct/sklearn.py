import os
import sys

here = sys.path.pop(0)
import skops.io

sys.path.insert(0, here)
from read import pixels, tell

tell(skops.io.load(os.path.join(sys.argv[1], "digits.skops")).predict_proba(pixels()))
