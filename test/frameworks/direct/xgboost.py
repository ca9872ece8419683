import os
import sys

here = sys.path.pop(0)
import xgboost

sys.path.insert(0, here)
from read import pixels, tell

booster = xgboost.Booster(model_file=os.path.join(sys.argv[1], "digits.ubj"))
tell(booster.predict(xgboost.DMatrix(pixels())))
