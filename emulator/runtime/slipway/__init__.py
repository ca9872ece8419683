"""Slipway's Python runtime: what a service may import (Service, Item, stack), and the worker that runs it."""

from .item import Item
from .service import Service
from .stacked import stack

__all__ = ["Item", "Service", "stack"]
__version__ = "0.1.0"
