"""What a model file is, by its first bytes and what they promise; names only where the content leaves it open."""

from __future__ import annotations

import json
import os
import re
import struct
from typing import Dict, List, Optional, Set, Tuple

from .archives import recognise_zip
from .artifact import Artifact
from .messages import recognise_message
from .pickles import foreign_to_torch, imports_of_all

_HEAD_BYTES = 4096
# A JSON model is read whole; a larger one is judged by its name.
_MAX_JSON_BYTES = 512 << 20
_MAX_FILES = 2_000
_HDF5 = b"\x89HDF\r\n\x1a\n"
# The end of a table of LevelDB, which the index of a checkpoint is.
_TABLE_END = struct.pack("<Q", 0xDB4775248B80FB57)
_MXNET_LISTS = (0x112,)
# A file of PyTorch from before it wrote archives is five in a row: the fourth holds the model.
_MAX_PICKLES = 5
_PICKLE_ENDINGS = (".pkl", ".pickle", ".joblib", ".sav", ".p")


def recognise(path: str, shown: Optional[str] = None) -> Artifact:
    """The artifact at `path`, a file or the folder of a SavedModel. Raises OSError."""
    name = shown if shown is not None else os.path.basename(path)
    if os.path.isdir(path):
        return recognise(os.path.join(path, "saved_model.pb"), os.path.join(name, "saved_model.pb"))
    size = os.path.getsize(path)
    with open(path, "rb") as file:
        head = file.read(_HEAD_BYTES)
        file.seek(max(0, size - 8))
        tail = file.read(8)
    if size == 0:
        return Artifact(name, "empty", problem="it is empty")
    if head.startswith(b"PK\x03\x04"):
        return recognise_zip(path, name)
    if head.startswith(_HDF5):
        return _hdf5(path, name, size, head)
    if head[4:8] == b"TFL3":
        return Artifact(name, "tflite")
    if tail == _TABLE_END:
        return Artifact(name, "tf-checkpoint")
    if head.startswith(b"\x93NUMPY"):
        return Artifact(name, "numpy")
    if len(head) >= 8 and struct.unpack("<Q", head[:8])[0] in _MXNET_LISTS:
        return Artifact(name, "mxnet-params")
    if name.lower().endswith(".safetensors") or _is_safetensors(head, size):
        return _safetensors(path, name, size, head)
    if head.lstrip()[:1] == b"{":
        found = _json(path, name, size, head)
        if found is not None:
            return found
    if head[:1] == b"\x80" and head[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        return _pickle(path, name)
    if name.lower().endswith(_PICKLE_ENDINGS):
        return Artifact(name, "pickle", {}, "unpickling runs whatever the file says")
    if _is_prototxt(head):
        return Artifact(name, "prototxt")
    found = recognise_message(path, name)
    return found if found is not None else Artifact(name, "unknown")


def recognise_all(folder: str) -> List[Artifact]:
    """The artifacts of a folder and those below it, in order; files that are no models are left out."""
    if os.path.isfile(folder):
        return [recognise(folder)]
    found: List[Artifact] = []
    for at, folders, names in os.walk(folder):
        folders[:] = sorted(each for each in folders if not each.startswith("."))
        for name in sorted(names):
            path = os.path.join(at, name)
            if name.startswith(".") or not os.path.isfile(path):
                continue
            artifact = recognise(path, os.path.relpath(path, folder).replace(os.sep, "/"))
            if artifact.format != "unknown":
                found.append(artifact)
            if len(found) >= _MAX_FILES:
                return found
    return found


def _hdf5(path: str, name: str, size: int, head: bytes) -> Artifact:
    """Versions 0 and 1 of the superblock have the end of the file 40 or 44 bytes in, 2 and 3 have it 28 in."""
    version = head[8] if len(head) > 8 else 255
    at = {0: 40, 1: 44, 2: 28, 3: 28}.get(version)
    if at is not None and len(head) >= at + 8:
        end = int(struct.unpack("<Q", head[at : at + 8])[0])
        if size < end:
            return Artifact(name, "hdf5", problem=f"it is cut off: {size} of {end} bytes are there")
    with open(path, "rb") as file:
        content = file.read(_MAX_JSON_BYTES)
    written = re.search(rb"keras_version.{0,200}?([0-9]+\.[0-9]+\.[0-9]+)", content, re.DOTALL)
    versions = {"keras": written.group(1).decode()} if written is not None else {}
    runs_code = None
    if b'"class_name": "Lambda"' in content:
        runs_code = "it has a Lambda layer, whose Python code is in the file"
    return Artifact(name, "hdf5", versions, runs_code)


def _is_safetensors(head: bytes, size: int) -> bool:
    return len(head) > 8 and head[8:9] == b"{" and 2 <= struct.unpack("<Q", head[:8])[0] <= size - 8


def _safetensors(path: str, name: str, size: int, head: bytes) -> Artifact:
    """A header as JSON says where the bytes of each tensor lie."""
    length = struct.unpack("<Q", head[:8])[0] if len(head) >= 8 else 0
    if length > min(_MAX_JSON_BYTES, size - 8):
        return Artifact(name, "safetensors", problem="it is cut off: its header is not whole")
    try:
        with open(path, "rb") as file:
            header = json.loads(file.read(8 + length)[8:])
        ends = [int(entry["data_offsets"][1]) for key, entry in header.items() if key != "__metadata__"]
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
        return Artifact(name, "safetensors", problem=f"it is damaged: {error}")
    whole = 8 + length + max(ends, default=0)
    if size < whole:
        return Artifact(name, "safetensors", problem=f"it is cut off: {size} of {whole} bytes are there")
    return Artifact(name, "safetensors")


def _json(path: str, name: str, size: int, head: bytes) -> Optional[Artifact]:
    if head[:2] in (b"{L", b"{i", b"{l", b"{I", b"{U"):
        return _ubjson(path, name, size)
    looks = _json_format(head, name)
    if size > _MAX_JSON_BYTES:
        return None if looks is None else Artifact(name, looks)
    try:
        with open(path, "rb") as file:
            value = json.load(file)
    except (ValueError, RecursionError) as error:
        return None if looks is None else Artifact(name, looks, problem=f"it is cut off or damaged: {error}")
    if not isinstance(value, dict):
        return None
    if "learner" in value and "version" in value:
        return Artifact(name, "xgboost-json", {"xgboost": ".".join(map(str, value["version"]))})
    if "nodes" in value and "arg_nodes" in value:
        return Artifact(name, "mxnet-symbol", _mxnet_version(value.get("attrs")))
    if "class_name" in value and "config" in value:
        version = value.get("keras_version")
        return Artifact(name, "keras-json", {} if version is None else {"keras": str(version)})
    return None


def _json_format(head: bytes, name: str) -> Optional[str]:
    if b'"learner"' in head:
        return "xgboost-json"
    if b'"nodes"' in head:
        return "mxnet-symbol"
    if b'"class_name"' in head and b'"config"' in head:
        return "keras-json"
    return "mxnet-symbol" if name.endswith("-symbol.json") else None


def _mxnet_version(attributes: object) -> Dict[str, str]:
    pair = attributes.get("mxnet_version") if isinstance(attributes, dict) else None
    if not isinstance(pair, list) or len(pair) != 2 or not isinstance(pair[1], int):
        return {}
    number = pair[1]
    return {"mxnet": f"{number // 10000}.{number // 100 % 100}.{number % 100}"}


def _ubjson(path: str, name: str, size: int) -> Optional[Artifact]:
    with open(path, "rb") as file:
        content = file.read(_MAX_JSON_BYTES)
    if b"learner" not in content[:200]:
        return None
    if not content.endswith(b"}") and not content.endswith(b"]"):
        return Artifact(name, "xgboost-ubj", problem="it is cut off: its last bracket is missing")
    at = content.rfind(b"version[")
    numbers: List[int] = []
    rest = content[at + 8 : at + 40] if at >= 0 else b""
    # A list may say its length first.
    rest = rest[10:] if rest.startswith(b"#L") else rest
    while rest[:1] in (b"i", b"U", b"I", b"l", b"L") and len(numbers) < 3:
        width = {b"i": 1, b"U": 1, b"I": 2, b"l": 4, b"L": 8}[rest[:1]]
        numbers.append(int.from_bytes(rest[1 : 1 + width], "big"))
        rest = rest[1 + width :]
    return Artifact(name, "xgboost-ubj", {"xgboost": ".".join(map(str, numbers))} if len(numbers) == 3 else {})


def _pickle(path: str, name: str) -> Artifact:
    imports, problem = _imports(path)
    if any(each.startswith("torch") for each in imports) or name.lower().endswith((".pt", ".pth")):
        foreign = foreign_to_torch(imports)
        runs_code = f"its pickle imports {', '.join(foreign[:3])}" if foreign else None
        return Artifact(name, "torch", {}, runs_code, problem)
    # Arrays are in every model; what else it imports says more.
    shown = ", ".join(sorted(imports, key=lambda each: (each.startswith("numpy"), each))[:3])
    runs_code = f"unpickling imports and calls {shown}" if shown else "unpickling runs whatever the file says"
    return Artifact(name, "pickle", {}, runs_code, problem)


def _imports(path: str) -> Tuple[Set[str], Optional[str]]:
    try:
        with open(path, "rb") as file:
            return imports_of_all(file, _MAX_PICKLES), None
    except (ValueError, IndexError, EOFError) as error:
        return set(), f"it is cut off or damaged: {error}"


def _is_prototxt(head: bytes) -> bool:
    try:
        text = head.decode("utf-8", "strict" if len(head) < _HEAD_BYTES else "ignore")
    except UnicodeDecodeError:
        return False
    return re.search(r"^\s*(layers?|input|input_shape|name)\s*[:{]", text, re.MULTILINE) is not None and (
        re.search(r"\blayers?\s*\{", text) is not None
    )
