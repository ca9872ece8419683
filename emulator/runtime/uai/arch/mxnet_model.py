"""The base class of 2017 for MXNet."""

from __future__ import annotations

from typing import Any, Dict, Optional

from slipway.mxnet import MXNetService

from .base_model import AiUcloudModel


class MXNetAiUcloudModel(AiUcloudModel, MXNetService):
    """Opens what `MXNetService` opens, or what `load_model` says.

    Attributes: `model_dir`, `model_prefix`, `num_epoch`.
    """

    def __init__(self, conf: Optional[Dict[str, Any]] = None, model_type: str = "mxnet"):
        AiUcloudModel.__init__(self, conf, model_type)
