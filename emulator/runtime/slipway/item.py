"""One item of `data`: the request body as bytes, which can also be read as a file, JSON, an array or an image."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any, Dict, Iterable, Iterator, List, Mapping, Optional, Protocol, Tuple

from .pillow import teach_pillow
from .tensor import Tensor, to_numpy

if TYPE_CHECKING:
    from .config import TensorSpec

_UNPARSED = object()


class Source(Protocol):
    """Where an item came from. Shared by all items of a batch, so that an item itself carries nothing but its place."""

    content_type: str
    spec: Optional[TensorSpec]

    def request_id(self, index: int) -> str: ...

    def headers(self, index: int) -> List[Tuple[str, str]]: ...


class Headers(Mapping[str, str]):
    """Request headers; names compare without case. A header that came several times is joined by a comma."""

    def __init__(self, pairs: Iterable[Tuple[str, str]] = ()):
        self._values: Dict[str, Tuple[str, str]] = {}
        for name, value in pairs:
            key = name.lower()
            before = self._values.get(key)
            self._values[key] = (name, value) if before is None else (before[0], f"{before[1]}, {value}")

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()][1]

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._values.values())

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._values

    def __repr__(self) -> str:
        return f"Headers({dict(self)!r})"


class Made:
    """The source of an item that was made by hand, for tests of a service."""

    def __init__(
        self,
        content_type: str,
        headers: Iterable[Tuple[str, str]],
        request_id: str,
        spec: Optional[TensorSpec] = None,
    ):
        self.content_type = content_type
        self.spec = spec
        self._headers = list(headers)
        self._request_id = request_id

    def request_id(self, index: int) -> str:
        return self._request_id

    def headers(self, index: int) -> List[Tuple[str, str]]:
        return self._headers


_NOTHING = Made("", (), "")


class Item(bytes):
    """The body of one request.

    It IS `bytes`: `len(item)`, `np.frombuffer(item, np.uint8)`, `json.loads(item)` work. Besides:

    * a binary file: `item.read(n)`, `item.seek(0)`, `Image.open(item)`
    * a request: `item.body`, `item.headers["X-User"]`, `item.request_id`, `item.content_type`
    * `item.json()`: the parsed JSON body; of an inference request (v2), the nested list of its tensor
    * `item.array()`: a numpy array with the datatype and shape that `input` of slipway.json declares;
      without a declaration JSON numbers as numpy takes them, and raw bytes as uint8
    * `item.array("name")`, `item.inputs`: tensors of an inference request (v2) by name
    * `item.image()`: a PIL image

    For your own tests: `Item(b"...", content_type="image/png", headers={"X-User": "ann"})`.
    """

    _source: Source = _NOTHING
    _index: int = 0
    _value: Any = _UNPARSED
    _file: Optional[io.BytesIO] = None
    _tensors: Optional[Dict[str, Tensor]] = None

    def __new__(
        cls,
        body: bytes = b"",
        *,
        content_type: str = "",
        headers: Optional[Mapping[str, str]] = None,
        request_id: str = "",
    ) -> Item:
        item = bytes.__new__(cls, body)
        item._source = Made(content_type, (headers or {}).items(), request_id)
        return item

    # As a request.

    @property
    def body(self) -> bytes:
        """The bytes of the item itself."""
        return self

    @property
    def request_id(self) -> str:
        """What the answer carries as x-slipway-request."""
        return self._source.request_id(self._index)

    @property
    def content_type(self) -> str:
        """Media type in lower case without parameters; empty when the client named none."""
        return self._source.content_type

    @property
    def headers(self) -> Headers:
        """The request's headers; names compare without case."""
        return Headers(self._source.headers(self._index))

    @property
    def inputs(self) -> Dict[str, Any]:
        """numpy arrays by name; of an inference request (v2) only, else empty."""
        return {name: tensor.array() for name, tensor in (self._tensors or {}).items()}

    # As a value.

    def json(self) -> Any:
        """The parsed body. Raises ValueError when it is not JSON."""
        if self._value is _UNPARSED:
            if self._tensors:
                self._value = next(iter(self._tensors.values())).to_list()
            else:
                self._value = json.loads(self)
        return self._value

    def array(self, name: Optional[str] = None) -> Any:
        """The item as a numpy array. Raises KeyError for an unknown name, ValueError when it is no array."""
        if self._tensors is not None:
            tensor = next(iter(self._tensors.values())) if name is None else self._tensors[name]
            return tensor.array()
        spec = self._source.spec
        if name is not None and (spec is None or name != spec.name):
            raise KeyError(name)
        is_json = self._value is not _UNPARSED or self.content_type.endswith("json")
        return to_numpy(self.json() if is_json else self, spec)

    @property
    def has_form(self) -> bool:
        """True when datatype and shape are known: declared, JSON, or a tensor of an inference request."""
        source = self._source
        return source.spec is not None or self._tensors is not None or source.content_type.endswith("json")

    @property
    def is_raw(self) -> bool:
        """True when the body itself is the value: no JSON, and no tensor of an inference request."""
        return self._tensors is None and self._value is _UNPARSED and not self._source.content_type.endswith("json")

    def image(self) -> Any:
        """The item as a PIL image, opened lazily as `PIL.Image.open` does."""
        from PIL import Image

        return Image.open(io.BytesIO(self))

    # As a binary file.

    def _reader(self) -> io.BytesIO:
        if self._file is None:
            self._file = io.BytesIO(self)
        return self._file

    def read(self, size: Optional[int] = -1) -> bytes:
        return self._reader().read(size)

    def readinto(self, target: Any) -> int:
        return self._reader().readinto(target)

    def readline(self, size: Optional[int] = -1) -> bytes:
        return self._reader().readline(size)

    def readlines(self, hint: int = -1) -> List[bytes]:
        return self._reader().readlines(hint)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._reader().seek(offset, whence)

    def tell(self) -> int:
        return self._reader().tell()

    def getvalue(self) -> bytes:
        return self

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def writable(self) -> bool:
        return False

    def __reduce__(self) -> Any:
        # Pickled, it keeps what it says of its request, and drops the rest of its batch.
        source = self._source
        made = (source.content_type, source.headers(self._index), source.request_id(self._index), source.spec)
        return (_restore, (bytes(self), made, self._tensors))


def _restore(body: bytes, made: Tuple[Any, ...], tensors: Optional[Dict[str, Tensor]]) -> Item:
    item = bytes.__new__(Item, body)
    item._source = Made(*made)
    item._tensors = tensors
    return item


teach_pillow(Item)
