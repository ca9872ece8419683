"""The samples folder: one request a file. The first one is run before a replica counts as ready."""

from __future__ import annotations

import os
import struct
from typing import List, NamedTuple, Optional

from .link.batch import Batch, BatchDecoder
from .link.frames import BATCH, Frame
from .strict_json import Malformed, parse

# As a client that knows the file's type would say; other files are raw bytes.
_CONTENT_TYPES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".bmp": "image/bmp",
    ".wav": "audio/x-wav",
    ".txt": "text/plain",
    ".csv": "text/csv",
}
_EXPECTED = ".expected.json"


class Sample(NamedTuple):
    """`kind` and `content_type` as a gateway would send them for a client that posts this file."""

    name: str
    kind: str
    content_type: str
    body: bytes

    def to_batch(self) -> Batch:
        head = b'{"kind":"%s","contentType":"%s"}' % (self.kind.encode(), self.content_type.encode())
        meta = b"selftest"
        lengths = struct.pack("<IIII", 1, len(head), len(meta), len(self.body))
        return BatchDecoder().decode(Frame(BATCH, 0, memoryview(b"".join([lengths, head, meta, self.body]))))


def list_samples(path: str) -> List[str]:
    """File names in order; answers that a sample is expected to have, hidden files and folders are none."""
    if os.path.isfile(path):
        return [path]
    try:
        names = sorted(os.listdir(path))
    except OSError:
        return []
    found = [name for name in names if not name.startswith(".") and not name.endswith(_EXPECTED)]
    return [os.path.join(path, name) for name in found if os.path.isfile(os.path.join(path, name))]


def first_sample(path: str) -> Optional[Sample]:
    """None when there is no sample. Raises OSError when it cannot be read."""
    for file_name in list_samples(path):
        return read_sample(file_name)
    return None


def read_sample(path: str) -> Sample:
    """Raises OSError when it cannot be read."""
    with open(path, "rb") as file:
        body = file.read()
    name = os.path.basename(path)
    if name.endswith(".json"):
        return Sample(name, "v2" if _is_v2(body) else "raw", "application/json", body)
    return Sample(name, "raw", _CONTENT_TYPES.get(os.path.splitext(name)[1].lower(), ""), body)


def _is_v2(body: bytes) -> bool:
    """An inference request has inputs with a datatype each; a service's own JSON hardly does."""
    try:
        value = parse(body)
    except Malformed:
        return False
    inputs = value.get("inputs") if isinstance(value, dict) else None
    return isinstance(inputs, list) and all(isinstance(each, dict) and "datatype" in each for each in inputs)
