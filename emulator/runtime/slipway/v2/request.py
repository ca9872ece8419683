"""An inference request -> rows of tensors, checked against its own claims and the declared input.

Protocol: Open Inference Protocol, REST, with the binary tensor data extension as in Triton's documentation.
"""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from ..config import TensorSpec
from ..strict_json import Malformed, parse
from ..tensor import BYTES, DATATYPES, Tensor, TensorError, element_count, fits, flatten, pack, split_bytes

# More dimensions or rows than this are a mistake or an attack: a shape is a few digits, what it claims is not.
_MAX_DIMENSIONS = 32
_MAX_ROWS = 65_536
_MAX_ELEMENTS = 1 << 40


class V2Request(NamedTuple):
    """`rows` has the tensors of each item by name, the one that the item stands for first."""

    id: Optional[str]
    rows: List[Dict[str, Tensor]]
    """The tensors had a leading batch dimension, and the answer gets one too."""
    batched: bool
    """Names of the outputs that were asked for; None asks for all."""
    outputs: Optional[List[str]]
    """Names of the outputs that are to be sent as binary data."""
    binary: Dict[str, bool]
    binary_default: bool

    def wants_binary(self, name: str) -> bool:
        return self.binary.get(name, self.binary_default)


def parse_v2(
    body: memoryview, header_length: Optional[str], spec: Optional[TensorSpec], output: Optional[TensorSpec]
) -> V2Request:
    """Raises Malformed when it is no inference request, TensorError when it does not fit what was declared."""
    json_length = _json_length(header_length, len(body))
    request = parse(body[:json_length])
    if not isinstance(request, dict):
        raise Malformed('an inference request is an object with "inputs"')
    tensors = _parse_inputs(request, bytes(body[json_length:]))
    parameters = _parameters(request)
    outputs, binary = _parse_outputs(request, output)
    id_ = request.get("id")
    if id_ is not None and not isinstance(id_, str):
        raise Malformed('"id" is a text')
    rows, batched = _split_rows(tensors, spec)
    return V2Request(id_, rows, batched, outputs, binary, parameters.get("binary_data_output") is True)


def _json_length(header: Optional[str], total: int) -> int:
    if header is None or header == "":
        return total
    if not (header.isascii() and header.isdigit() and len(header) < 12) or int(header) > total:
        raise Malformed(f"Inference-Header-Content-Length is {header[:40]!r} for a body of {total} bytes")
    return int(header)


def _parse_inputs(request: Dict[str, Any], binary: bytes) -> Dict[str, Tensor]:
    inputs = request.get("inputs")
    if not isinstance(inputs, list):
        raise Malformed('"inputs" is a list of tensors')
    if not inputs:
        raise TensorError("expected at least one input tensor, found none")
    tensors: Dict[str, Tensor] = {}
    at = 0
    for value in inputs:
        if not isinstance(value, dict):
            raise Malformed('"inputs" is a list of tensors')
        name = value.get("name")
        if not isinstance(name, str) or not name:
            raise Malformed("an input tensor has no name")
        if name in tensors:
            raise Malformed(f"the input {name[:100]!r} is there twice")
        datatype, shape = _parse_type(name, value)
        size = _parameters(value).get("binary_data_size")
        if size is None:
            tensors[name] = _from_json(name, datatype, shape, value)
        else:
            if type(size) is not int or size < 0 or at + size > len(binary):
                raise Malformed(f"the input {name[:100]!r} claims {size!r} bytes, but {len(binary) - at} are left")
            tensors[name] = _from_binary(name, datatype, shape, binary[at : at + size])
            at += size
    if at != len(binary):
        raise Malformed(f"{len(binary) - at} bytes are left over behind the last tensor")
    return tensors


def _parse_type(name: str, value: Dict[str, Any]) -> Tuple[str, Tuple[int, ...]]:
    datatype, shape = value.get("datatype"), value.get("shape")
    if not isinstance(datatype, str) or (datatype != BYTES and datatype not in DATATYPES):
        raise TensorError(f"the input {name[:100]!r} has the unknown datatype {str(datatype)[:40]!r}")
    if not isinstance(shape, list) or len(shape) > _MAX_DIMENSIONS:
        raise Malformed(f"the input {name[:100]!r} has no shape")
    if any(type(length) is not int or length < 0 for length in shape):
        raise TensorError(f"the shape of the input {name[:100]!r} is not one of whole numbers")
    if element_count(shape) > _MAX_ELEMENTS:
        raise TensorError(f"the shape of the input {name[:100]!r} is too large")
    return datatype, tuple(shape)


def _from_json(name: str, datatype: str, shape: Tuple[int, ...], value: Dict[str, Any]) -> Tensor:
    data = value.get("data")
    if not isinstance(data, list):
        raise Malformed(f"the input {name[:100]!r} has no data")
    flat, found = flatten(data)
    count = element_count(shape)
    if len(flat) != count:
        raise TensorError(f"the input {name[:100]!r}: expected {count} values for {list(shape)}, found {len(flat)}")
    if len(found) > 1 and found != shape:
        raise TensorError(f"the input {name[:100]!r}: its data has the shape {list(found)}, not {list(shape)}")
    try:
        return Tensor(datatype, shape, pack(datatype, flat))
    except TensorError as error:
        raise TensorError(f"the input {name[:100]!r}: {error}") from None


def _from_binary(name: str, datatype: str, shape: Tuple[int, ...], raw: bytes) -> Tensor:
    count = element_count(shape)
    if datatype == BYTES:
        found = len(split_bytes(raw))
        if found != count:
            raise TensorError(f"the input {name[:100]!r}: expected {count} elements, found {found}")
    elif len(raw) != count * DATATYPES[datatype].size:
        expected = count * DATATYPES[datatype].size
        raise TensorError(f"the input {name[:100]!r}: expected {expected} bytes for {list(shape)}, found {len(raw)}")
    if datatype == "BOOL" and raw.strip(b"\0\1"):
        raw = bytes(raw).translate(b"\0" + b"\1" * 255)
    return Tensor(datatype, shape, raw)


def _parse_outputs(
    request: Dict[str, Any], declared: Optional[TensorSpec]
) -> Tuple[Optional[List[str]], Dict[str, bool]]:
    outputs = request.get("outputs")
    if outputs is None:
        return None, {}
    if not isinstance(outputs, list):
        raise Malformed('"outputs" is a list')
    names: List[str] = []
    binary: Dict[str, bool] = {}
    for value in outputs:
        if not isinstance(value, dict) or not isinstance(value.get("name"), str):
            raise Malformed("an output has no name")
        name = value["name"]
        if declared is not None and name != declared.name:
            raise TensorError(f"there is no output {name[:100]!r}, only {declared.name!r}")
        names.append(name)
        wanted = _parameters(value).get("binary_data")
        if isinstance(wanted, bool):
            binary[name] = wanted
    return names or None, binary


def _parameters(value: Dict[str, Any]) -> Dict[str, Any]:
    parameters = value.get("parameters")
    if parameters is None:
        return {}
    if not isinstance(parameters, dict):
        raise Malformed('"parameters" is an object')
    return parameters


def _split_rows(tensors: Dict[str, Tensor], spec: Optional[TensorSpec]) -> Tuple[List[Dict[str, Tensor]], bool]:
    """Without a declared input a request is one item. With one, a further leading dimension holds several."""
    if spec is None:
        return [tensors], False
    name = _primary(tensors, spec)
    tensor = tensors[name]
    ordered = {name: tensor, **tensors}
    if tensor.datatype != spec.datatype:
        raise TensorError(f"expected {spec.datatype}, found {tensor.datatype}")
    if fits(tensor.shape, spec.shape):
        return [ordered], False
    if not tensor.shape or not fits(tensor.shape[1:], spec.shape):
        expected = f"{list(spec.shape)}, or [n, …] of it"
        raise TensorError(f"expected {spec.datatype} {expected}, found the shape {list(tensor.shape)}")
    count = tensor.shape[0]
    if count == 0:
        raise TensorError("expected at least one item, found an empty batch")
    if count > _MAX_ROWS:
        raise TensorError(f"expected at most {_MAX_ROWS} items in a request, found {count}")
    rows: List[Dict[str, Tensor]] = [{} for _ in range(count)]
    for key, each in ordered.items():
        if not each.shape or each.shape[0] != count:
            raise TensorError(f"the input {key[:100]!r} has the shape {list(each.shape)}, not [{count}, …]")
        for row, part in zip(rows, each.rows()):
            row[key] = part
    return rows, True


def _primary(tensors: Dict[str, Tensor], spec: TensorSpec) -> str:
    """The tensor of the declared name; a single one may have any."""
    if spec.name in tensors:
        return spec.name
    if len(tensors) == 1:
        return next(iter(tensors))
    raise TensorError(f"there is no input {spec.name!r}")
