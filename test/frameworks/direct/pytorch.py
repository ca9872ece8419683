import os
import sys

import torch
from read import pixels, tell

linear = torch.nn.Linear(784, 10)
linear.load_state_dict(torch.load(os.path.join(sys.argv[1], "digits.pt"), weights_only=True))
with torch.no_grad():
    tell(linear(torch.from_numpy(pixels())).numpy())
