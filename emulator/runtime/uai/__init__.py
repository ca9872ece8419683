"""Services written for the 2017 SDK, unchanged: its base classes, mapped onto those of `slipway`."""

from .numpy_of_2017 import bring_back

bring_back()
