"""Slipway's Python runtime: what a service may import (Service, Item), and the worker that runs it."""

from .item import Item
from .service import Service

__all__ = ["Item", "Service"]
__version__ = "0.1.0"
