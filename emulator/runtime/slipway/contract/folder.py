"""A service folder as the configuration of the worker that would run it."""

from __future__ import annotations

import json
import os
from typing import Any, Dict

from ..config import WorkerConfig, parse_config
from ..reason import Failure

_DEFAULT_BATCH_SIZE = 64


def folder_manifest(folder: str) -> Dict[str, Any]:
    """slipway.json as written. Raises Failure when it cannot be read; `slipway check` checks its schema."""
    path = os.path.join(folder, "slipway.json")
    try:
        with open(path, encoding="utf-8-sig") as file:
            manifest: Dict[str, Any] = json.load(file)
            return manifest
    except OSError as error:
        raise Failure("path_missing", f"{path} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise Failure("path_missing", f"{path} is not JSON: {error}") from None


def folder_config(folder: str) -> WorkerConfig:
    """Raises Failure when slipway.json cannot be read."""
    manifest = folder_manifest(folder)
    batching = manifest.get("batching") or {}
    resources = manifest.get("resources") or {}
    return parse_config(
        {
            "replica": "contract",
            "task": manifest["name"],
            "version": "contract",
            "versionId": "v1",
            "bundleDir": os.path.realpath(folder),
            "main": manifest["main"],
            "className": manifest.get("class"),
            "model": manifest.get("model"),
            "samples": manifest.get("samples", "samples"),
            "config": manifest.get("config", {}),
            "environment": manifest.get("environment", {}),
            "listen": {"kind": "unix", "path": ""},
            "maxBatchSize": batching.get("maxBatchSize", _DEFAULT_BATCH_SIZE),
            "maxResultBytes": 1 << 30,
            "idempotent": manifest.get("idempotent", True),
            "compat": manifest.get("compat"),
            "input": manifest.get("input"),
            "output": manifest.get("output"),
            "threads": max(1, int(resources.get("cpu", 1))),
            "gpus": [],
            "logLinesPerSecond": 200,
        }
    )
