"""Services written for the 2017 SDK, unchanged: its base classes, mapped onto those of `slipway`."""
