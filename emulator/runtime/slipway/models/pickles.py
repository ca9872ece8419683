"""What a pickle would import, found by walking its opcodes. Nothing of it is executed."""

from __future__ import annotations

import pickletools
from typing import BinaryIO, List, Set, Union

# Opcodes are cheap to walk; a file of gigabytes of them is none that a model has.
_MAX_OPCODES = 2_000_000


def imports_of(file: Union[bytes, BinaryIO]) -> Set[str]:
    """`module.name` of everything that unpickling would import. Raises ValueError for what is no pickle."""
    found: Set[str] = set()
    texts: List[str] = []
    for count, (opcode, argument, _) in enumerate(pickletools.genops(file)):
        if count > _MAX_OPCODES:
            raise ValueError("the pickle is too long to be looked through")
        if opcode.name in ("GLOBAL", "INST"):
            found.add(str(argument).replace(" ", "."))
        elif opcode.name == "STACK_GLOBAL":
            found.add(".".join(texts[-2:]))
        elif isinstance(argument, str):
            texts.append(argument)
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
