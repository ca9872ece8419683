"""Results of `execute` -> an inference response, JSON or with binary tensors."""

from __future__ import annotations

import math
from typing import Any, Dict, List, Optional, Tuple

from ..config import TensorSpec
from ..link.result import JSON, OCTETS, Answer
from ..tensor import BYTES, DATATYPES, Tensor, TensorError, element_count, fits, flatten, join_bytes, pack
from ..values import as_plain, encode_json
from .request import V2Request

_NUMPY_DATATYPES = {
    "bool": "BOOL",
    "uint8": "UINT8",
    "uint16": "UINT16",
    "uint32": "UINT32",
    "uint64": "UINT64",
    "int8": "INT8",
    "int16": "INT16",
    "int32": "INT32",
    "int64": "INT64",
    "float16": "FP16",
    "float32": "FP32",
    "float64": "FP64",
}


def encode_v2(request: V2Request, results: List[Any], model: str, version: str, output: Optional[TensorSpec]) -> Answer:
    """The answer to one request from the results of its items. Raises TensorError when they are no tensors."""
    rows = [_to_tensors(result, output) for result in results]
    tensors = _stack(rows) if request.batched else rows[0]
    if request.outputs is not None:
        missing = [name for name in request.outputs if name not in tensors]
        if missing:
            raise TensorError(f"the service answered with {sorted(tensors)}, not {missing[0][:100]!r}")
        tensors = {name: tensors[name] for name in request.outputs}
    outputs: List[Dict[str, Any]] = []
    binary: List[bytes] = []
    for name, tensor in tensors.items():
        value: Dict[str, Any] = {"name": name, "datatype": tensor.datatype, "shape": list(tensor.shape)}
        if request.wants_binary(name):
            value["parameters"] = {"binary_data_size": len(tensor.raw)}
            binary.append(tensor.raw)
        else:
            value["data"] = _json_data(tensor)
        outputs.append(value)
    response: Dict[str, Any] = {"model_name": model, "model_version": version}
    if request.id is not None:
        response["id"] = request.id
    response["outputs"] = outputs
    head = encode_json(response)
    if not any(request.wants_binary(name) for name in tensors):
        return (200, JSON, head, b"")
    return (200, OCTETS, b"".join([head, *binary]), b"Inference-Header-Content-Length: %d" % len(head))


def _json_data(tensor: Tensor) -> List[Any]:
    flat = tensor.flat()
    if tensor.datatype == BYTES and any(isinstance(element, bytes) for element in flat):
        raise TensorError("an output of bytes that are no text needs binary_data_output")
    if tensor.datatype in ("FP16", "FP32", "FP64") and not all(map(math.isfinite, flat)):
        raise TensorError("an output holds NaN or Infinity, which JSON cannot")
    return flat


def _to_tensors(result: Any, output: Optional[TensorSpec]) -> Dict[str, Tensor]:
    if output is not None:
        if isinstance(result, dict) and output.name in result:
            result = result[output.name]
        return {output.name: _declared(result, output)}
    if isinstance(result, dict) and result and all(isinstance(name, str) for name in result):
        try:
            return {name: _guessed(value) for name, value in result.items()}
        except TensorError:
            pass
    return {"output": _guessed(result)}


def _declared(result: Any, spec: TensorSpec) -> Tensor:
    if isinstance(result, (bytes, bytearray, memoryview)) and spec.datatype != BYTES:
        raw = bytes(result)
        expected = element_count(spec.shape) * DATATYPES[spec.datatype].size
        if -1 in spec.shape or len(raw) != expected:
            raise TensorError(f"declared output {spec.datatype} {list(spec.shape)}, found {len(raw)} bytes")
        return Tensor(spec.datatype, spec.shape, raw)
    fast = _from_numpy(result, spec.datatype)
    if fast is None:
        flat, shape = flatten(_listed(result))
        fast = Tensor(spec.datatype, shape, pack(spec.datatype, flat))
    # A single number where a list of one is declared, or the other way round, is no mistake.
    if fits(fast.shape, spec.shape):
        return fast
    if element_count(fast.shape) == 1 and all(length in (1, -1) for length in spec.shape):
        return fast._replace(shape=tuple(1 for _ in spec.shape))
    raise TensorError(f"declared output {spec.datatype} {list(spec.shape)}, found the shape {list(fast.shape)}")


def _guessed(value: Any) -> Tensor:
    fast = _from_numpy(value, None)
    if fast is not None:
        return fast if fast.shape else fast._replace(shape=(1,))
    if isinstance(value, (bytes, bytearray, memoryview)):
        return Tensor(BYTES, (1,), join_bytes([bytes(value)]))
    plain = _listed(value)
    try:
        flat, shape = flatten(plain)
        types = set(map(type, flat))
        if types == {bool}:
            return Tensor("BOOL", shape or (1,), pack("BOOL", flat))
        if types == {int}:
            return Tensor("INT64", shape or (1,), pack("INT64", flat))
        if types and types <= {int, float}:
            return Tensor("FP64", shape or (1,), pack("FP64", flat))
        if types and types <= {str, bytes}:
            return Tensor(BYTES, shape or (1,), pack(BYTES, flat))
    except TensorError:
        pass
    return Tensor(BYTES, (1,), join_bytes([encode_json(plain)]))


def _listed(value: Any) -> Any:
    """Tuples are lists, framework tensors and numpy scalars are Python values."""
    plain = as_plain(value)
    if isinstance(plain, (list, tuple)):
        return [_listed(part) if isinstance(part, (list, tuple)) or hasattr(part, "dtype") else part for part in plain]
    return plain


def _from_numpy(value: Any, wanted: Optional[str]) -> Optional[Tensor]:
    """Without going through Python numbers, where the datatype is the wanted one already."""
    dtype = getattr(value, "dtype", None)
    found = _NUMPY_DATATYPES.get(str(dtype)) if type(value).__module__ == "numpy" else None
    if found is None or wanted not in (None, found):
        return None
    raw: bytes = value.astype(DATATYPES[found].numpy, copy=False).tobytes()
    return Tensor(found, tuple(value.shape), raw)


def _stack(rows: List[Dict[str, Tensor]]) -> Dict[str, Tensor]:
    first = rows[0]
    stacked: Dict[str, Tensor] = {}
    for name, tensor in first.items():
        parts: List[bytes] = []
        for row in rows:
            part: Optional[Tensor] = row.get(name)
            if part is None or (part.datatype, part.shape) != (tensor.datatype, tensor.shape):
                raise TensorError(f"the items of one request were answered with different forms of {name[:100]!r}")
            parts.append(part.raw)
        stacked[name] = Tensor(tensor.datatype, _batch_shape(len(rows), tensor.shape), b"".join(parts))
    return stacked


def _batch_shape(count: int, shape: Tuple[int, ...]) -> Tuple[int, ...]:
    # A plain number for each item becomes [n], not [n, 1].
    return (count, *shape)
