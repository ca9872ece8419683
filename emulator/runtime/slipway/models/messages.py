"""Model files that are protocol buffers: ONNX, TensorFlow, Caffe. Told apart by fields that only one has."""

from __future__ import annotations

import mmap
from typing import Dict, List, Optional

from .artifact import Artifact
from .wire import Value, WireError, grouped, message, text


def recognise_message(path: str, shown: str) -> Optional[Artifact]:
    """None for what is no such message."""
    guess = _format_of_name(shown)
    with open(path, "rb") as file:
        # Not closed here: the fields that are found lie on it, and it goes with the last of them.
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    try:
        return _recognise(grouped(memoryview(data)), shown)
    except WireError as error:
        if guess is None:
            return None
        cut = f"it is cut off: {error}" if error.is_short else f"it is damaged: {error}"
        return Artifact(shown, guess, problem=cut)


def _format_of_name(name: str) -> Optional[str]:
    endings = {".onnx": "onnx", ".caffemodel": "caffemodel", "saved_model.pb": "saved-model", ".pb": "tf-graph"}
    return next((kind for ending, kind in endings.items() if name.lower().endswith(ending)), None)


def _recognise(found: Dict[int, List[Value]], shown: str) -> Optional[Artifact]:
    guess = _format_of_name(shown)
    if guess == "saved-model" or (set(found) == {1, 2} and isinstance(found[1][0], int)):
        return _saved_model(found, shown)
    # ModelProto: ir_version, graph and opset_import are always there.
    if {1, 7, 8} <= set(found) and isinstance(found[1][0], int):
        return _onnx(found, shown)
    # NetParameter: layer is field 100, layers of the first version is field 2.
    layers = found.get(100, found.get(2, []) if guess == "caffemodel" else [])
    if layers and not isinstance(layers[0], int):
        return Artifact(shown, "caffemodel")
    if shown.endswith(".meta") and 1 in found and 2 in found:
        return Artifact(shown, "tf-meta-graph", _tensorflow_version(found))
    # GraphDef: nodes and versions.
    if 1 in found and 4 in found and guess == "tf-graph":
        return Artifact(shown, "tf-graph")
    return None


def _onnx(found: Dict[int, List[Value]], shown: str) -> Artifact:
    versions = {"onnx ir": str(found[1][0])}
    for one in found[8]:
        opset = message(one)
        domain = text(opset[1][0]) if 1 in opset else ""
        name = "onnx opset" if domain in ("", "ai.onnx") else f"opset of {domain}"
        versions[name] = str(opset[2][0]) if 2 in opset else "0"
    if 2 in found:
        versions[text(found[2][0]) or "producer"] = text(found[3][0]) if 3 in found else "unknown"
    return Artifact(shown, "onnx", versions)


def _saved_model(found: Dict[int, List[Value]], shown: str) -> Artifact:
    if 2 not in found:
        return Artifact(shown, "saved-model", problem="it holds no graph")
    versions: Dict[str, str] = {}
    tags: List[str] = []
    for meta_graph in found[2]:
        info = message(message(meta_graph).get(1, [memoryview(b"")])[0])
        tags += [text(tag) for tag in info.get(4, [])]
        if 5 in info:
            versions["tensorflow"] = text(info[5][0])
    if tags:
        versions["tags"] = "+".join(dict.fromkeys(tags))
    return Artifact(shown, "saved-model", versions)


def _tensorflow_version(found: Dict[int, List[Value]]) -> Dict[str, str]:
    info = message(found[1][0])
    return {"tensorflow": text(info[5][0])} if 5 in info else {}
