"""The archive of a bundle: byte for byte that of emulator/bundle/archive.ts, whose README tells the format."""

from __future__ import annotations

import hashlib
import os
import re
from typing import Iterator, List, NamedTuple, Optional

from .failure import DeployError

BLOCK = 512
END = bytes(2 * BLOCK)
_MAX_HEADER_SIZE = 8**11 - 1
_CHUNK = 256 * 1024


class Entry(NamedTuple):
    """One file: its path in the archive, and where its contents come from."""

    path: str
    size: int
    executable: bool
    source: Optional[str]
    content: bytes = b""


class Bundle:
    """Entries as an archive that can be read as often as needed. Entries must be in the order of their UTF-8 paths."""

    def __init__(self, entries: List[Entry]):
        self.entries = entries
        self.bytes = len(END) + sum(len(_header(one)) + one.size + _padding(one.size) for one in entries)
        digest = hashlib.sha256()
        for chunk in self.chunks():
            digest.update(chunk)
        self.digest = f"sha256:{digest.hexdigest()}"

    def chunks(self) -> Iterator[bytes]:
        """The bytes of the archive. Raises DeployError when a file has another size than when it was listed."""
        for entry in self.entries:
            yield _header(entry)
            yield from _contents(entry)
            padding = _padding(entry.size)
            if padding > 0:
                yield bytes(padding)
        yield END


def _contents(entry: Entry) -> Iterator[bytes]:
    if entry.source is None:
        yield entry.content
        return
    left = entry.size
    with open(entry.source, "rb") as file:
        while left > 0:
            chunk = file.read(min(_CHUNK, left))
            if not chunk:
                break
            left -= len(chunk)
            yield chunk
        if left > 0 or os.fstat(file.fileno()).st_size != entry.size:
            raise DeployError(f"{entry.path} changed while it was packed.", "Run the command again.")


def _header(entry: Entry) -> bytes:
    plain = re.fullmatch(r"[\x20-\x7e]{1,100}", entry.path) is not None
    small = entry.size <= _MAX_HEADER_SIZE
    header = _block(entry.path if plain else "@path", entry.size if small else 0, entry.executable, b"0")
    if plain and small:
        return header
    records = b""
    if not plain:
        records += _record("path", entry.path)
    if not small:
        records += _record("size", str(entry.size))
    return _block("@pax", len(records), False, b"x") + records + bytes(_padding(len(records))) + header


def _block(name: str, size: int, executable: bool, kind: bytes) -> bytes:
    block = bytearray(BLOCK)

    def put(at: int, value: bytes) -> None:
        block[at : at + len(value)] = value

    put(0, name.encode("latin-1"))
    put(100, b"0000755" if executable else b"0000644")
    put(108, b"0000000")
    put(116, b"0000000")
    put(124, b"%011o" % size)
    put(136, b"00000000000")
    put(156, kind)
    put(257, b"ustar\x0000")
    # The checksum is counted with spaces in its own place.
    put(148, b"%06o\0 " % (sum(block) + 8 * 0x20))
    return bytes(block)


def _record(key: str, value: str) -> bytes:
    rest = f" {key}={value}\n".encode()
    length = len(rest) + 1
    while len(str(length)) + len(rest) != length:
        length = len(str(length)) + len(rest)
    return str(length).encode() + rest


def _padding(size: int) -> int:
    return -size % BLOCK
