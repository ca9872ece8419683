"""The base class of 2017 for Keras."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from slipway.keras import KerasService
from slipway.models.artifact import Artifact

from .base_model import AiUcloudModel


class KerasAiUcloudModel(AiUcloudModel, KerasService):
    """Opens what `KerasService` opens, or what `load_model` says.

    Attributes: `model_dir`, `model_name`, `model_arch_type`.
    """

    model_name: Optional[str] = None

    def __init__(self, conf: Optional[Dict[str, Any]] = None, model_type: str = "keras"):
        KerasService.__init__(self)
        AiUcloudModel.__init__(self, conf, model_type)

    def candidates(self) -> List[Artifact]:
        found = super().candidates()
        if self.model_name is None:
            return found
        return [each for each in found if each.path.rsplit("/", 1)[-1].startswith(f"{self.model_name}.")]
