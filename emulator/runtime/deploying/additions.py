"""What flags name beyond a slipway.json that is there goes into the manifest of the bundle, and not into the folder."""

from __future__ import annotations

import os
import re
from typing import Any, Callable, Dict, List

from .failure import DeployError

_NAME = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")


def add_dependencies(
    folder: str, manifest: Dict[str, Any], apt: List[str], pip: List[str], say: Callable[[str], None]
) -> bool:
    """Puts packages that `manifest` does not name yet into it. Returns whether there were any."""
    more_apt = _missing(apt, _texts(manifest.get("apt", [])))
    named = _requirements(folder, manifest.get("requirements", []))
    more_pip = _missing(pip, named)
    if more_apt:
        manifest["apt"] = [*_texts(manifest.get("apt", [])), *more_apt]
        say(f"added to apt, for this bundle: {', '.join(more_apt)}")
    if more_pip:
        manifest["requirements"] = [*named, *more_pip]
        say(f"added to requirements, for this bundle: {', '.join(more_pip)}")
    return bool(more_apt or more_pip)


def _missing(wanted: List[str], named: List[str]) -> List[str]:
    names = {_name(one) for one in named}
    return [one for one in wanted if _name(one) not in names]


def _requirements(folder: str, value: Any) -> List[str]:
    """The list, or the lines of the file that is named instead of one."""
    if not isinstance(value, str):
        return _texts(value)
    try:
        with open(os.path.join(folder, value), encoding="utf-8-sig") as file:
            text = file.read().replace("\\\n", " ")
    except OSError as error:
        raise DeployError(f'"requirements" names {value}, which cannot be read: {error}.', "Correct it.") from None
    lines = [re.sub(r"(^|\s)#.*$", "", line).strip() for line in text.splitlines()]
    return [line for line in lines if line]


def _texts(value: Any) -> List[str]:
    return [str(one) for one in value] if isinstance(value, list) else []


def _name(requirement: str) -> str:
    """`Foo_Bar[extra]>=1` and `foo-bar` are one package; so are `libgomp1=12` and `libgomp1`."""
    found = _NAME.match(requirement)
    return re.sub(r"[-_.]+", "-", found[1]).lower() if found else requirement
