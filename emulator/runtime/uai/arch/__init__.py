"""One module for each framework, as services import them: `from uai.arch.tf_model import TFAiUcloudModel`."""
