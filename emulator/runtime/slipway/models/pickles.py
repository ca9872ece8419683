"""What a pickle would import, found by walking its opcodes. Nothing of it is executed."""

from __future__ import annotations

import pickletools
from typing import BinaryIO, Dict, List, Optional, Set, Union

# Opcodes are cheap to walk; a file of gigabytes of them is none that a model has.
_MAX_OPCODES = 2_000_000


def imports_of(file: Union[bytes, BinaryIO]) -> Set[str]:
    """`module.name` of everything that unpickling would import. Raises ValueError for what is no pickle."""
    found: Set[str] = set()
    texts: List[str] = []
    # Texts that were pushed before can be pushed again by their number.
    memo: Dict[int, str] = {}
    memoized = 0
    last: Optional[str] = None
    for count, (opcode, argument, _) in enumerate(pickletools.genops(file)):
        if count > _MAX_OPCODES:
            raise ValueError("the pickle is too long to be looked through")
        name = opcode.name
        if name in ("MEMOIZE", "PUT", "BINPUT", "LONG_BINPUT"):
            number = memoized if name == "MEMOIZE" else int(argument or 0)
            memoized += name == "MEMOIZE"
            if last is None:
                memo.pop(number, None)
            else:
                memo[number] = last
            continue
        last = None
        if name in ("GLOBAL", "INST"):
            found.add(str(argument).replace(" ", "."))
        elif name == "STACK_GLOBAL":
            found.add(".".join(texts[-2:]))
        elif name in ("GET", "BINGET", "LONG_BINGET"):
            last = memo.get(int(argument or 0))
        elif isinstance(argument, str):
            last = argument
        if last is not None:
            texts.append(last)
    return found


def imports_of_all(file: BinaryIO, most: int) -> Set[str]:
    """The same of up to `most` pickles that follow each other, with anything after them."""
    found = imports_of(file)
    for _ in range(most - 1):
        try:
            found |= imports_of(file)
        except (ValueError, IndexError, EOFError):
            break
    return found


# What torch.load imports for plain tensors, all of which its `weights_only` allows.
_PLAIN_TORCH = ("torch._utils._rebuild_tensor", "torch._utils._rebuild_parameter", "collections.OrderedDict")


def foreign_to_torch(imports: Set[str]) -> List[str]:
    """Imports of a PyTorch file beyond tensors, their storages and their types."""
    return sorted(name for name in imports if not (name.startswith(_PLAIN_TORCH) or _is_torch_name(name)))


def _is_torch_name(name: str) -> bool:
    """`torch.FloatStorage`, `torch.float32`"""
    top, _, rest = name.partition(".")
    return top == "torch" and "." not in rest and (rest.endswith("Storage") or rest.islower())
