"""The Open Inference Protocol v2: requests and answers, JSON and binary tensors. Knows no links and no services."""
