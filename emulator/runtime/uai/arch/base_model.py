"""What the base classes of 2017 share: the configuration as it was written then, and loading by the constructor."""

from __future__ import annotations

import json
import os
from typing import Any, Dict, Optional

from slipway.framework import FrameworkService
from slipway.reason import Failure

_VARIABLE = "UAI_SERVICE_CONFIG"


class AiUcloudModel(FrameworkService):
    """`conf` is the 2017 configuration: {"http_server": {"exec": {…}, "tensorflow": {"model_dir": …}}}.

    It comes from the constructor, from the file that UAI_SERVICE_CONFIG names, or is made of slipway.json. The
    constructor sets `self.conf` and `self.output`, parses the configuration into attributes, and calls `load_model`.
    """

    # Section of the configuration.
    model_type = ""
    is_loaded = False
    output: Dict[str, Any]

    def __init__(self, conf: Optional[Dict[str, Any]] = None, model_type: Optional[str] = None):
        if model_type is not None:
            self.model_type = model_type
        self.conf = self._configuration(conf)
        self.output = {}
        self._parse_conf(self.conf)
        self.load_model()
        self.is_loaded = True

    def _configuration(self, conf: Optional[Dict[str, Any]]) -> Dict[str, Any]:
        if isinstance(conf, dict) and "http_server" in conf:
            return conf
        path = os.environ.get(_VARIABLE)
        if path:
            return _read(path)
        return {"http_server": {"exec": {}, self.model_type: dict(conf or {})}}

    def _parse_conf(self, conf: Dict[str, Any]) -> None:
        """Each entry of the framework's section becomes an attribute: `self.model_dir`, `self.model_name`, …"""
        for name, value in self.section.items():
            # Paths were written for the folder of the service, which is the working directory only while it loads.
            setattr(self, name, os.path.abspath(value) if name == "model_dir" else value)

    @property
    def section(self) -> Dict[str, Any]:
        """The framework's part of the configuration."""
        found = ((self.conf or {}).get("http_server") or {}).get(self.model_type)
        return found if isinstance(found, dict) else {}

    def setting(self, name: str, default: Any = None) -> Any:
        value = self.section.get(name)
        return default if value is None else value


def _read(path: str) -> Dict[str, Any]:
    try:
        with open(path, encoding="utf-8") as file:
            value = json.load(file)
    except OSError as error:
        raise Failure(
            "load_failed",
            f"{_VARIABLE} names {path}, which cannot be read: {error.strerror}",
            None,
            "Correct the path.",
        ) from None
    except ValueError as error:
        raise Failure(
            "load_failed", f"{path} is not JSON: {error}", None, f"Correct the file that {_VARIABLE} names."
        ) from None
    if not isinstance(value, dict) or not isinstance(value.get("http_server"), dict):
        raise Failure(
            "load_failed",
            f'{path} has no "http_server"',
            None,
            'Expected {"http_server": {"exec": {"main_file": …, "main_class": …}, "<framework>": {"model_dir": …}}}.',
        )
    return value
