"""The files of a service folder that go into its bundle; the same choice as emulator/bundle/walk.ts."""

from __future__ import annotations

import os
import stat
import sys
import unicodedata
from typing import Callable, Dict, List, Optional

from .archive import Entry
from .failure import DeployError
from .ignore import IGNORE_NAME, Ignore
from .secrets import SEARCHED_BYTES, find_secret

_MAX_FILES = 20_000
_FORBIDDEN = '<>:"|?*\\'


def list_files(folder: str, wanted: Callable[[str], bool], force: bool) -> List[Entry]:
    """Entries in the order of the archive: files that are not ignored and that `wanted` takes.

    Raises DeployError for what a bundle cannot hold, and for secrets unless `force`.
    """
    root = os.path.realpath(folder)
    ignore = Ignore(_read_ignore(root))
    entries: List[Entry] = []
    _enter(root, "", "", ignore, wanted, entries)
    _check_names(entries)
    entries.sort(key=lambda one: one.path.encode("utf-8"))
    if not force:
        _refuse_secrets(root, entries)
    return entries


def _read_ignore(root: str) -> str:
    try:
        with open(os.path.join(root, IGNORE_NAME), encoding="utf-8", errors="replace", newline="") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def _enter(
    root: str, on_disk: str, path: str, ignore: Ignore, wanted: Callable[[str], bool], entries: List[Entry]
) -> None:
    for found in os.scandir(os.path.join(root, on_disk)):
        name = unicodedata.normalize("NFC", found.name)
        child = f"{path}/{name}" if path else name
        is_folder = found.is_dir(follow_symlinks=False)
        if ignore(child, is_folder):
            continue
        child_on_disk = os.path.join(on_disk, found.name)
        if is_folder:
            _enter(root, child_on_disk, child, ignore, wanted, entries)
        elif wanted(child):
            entries.append(_entry(root, child_on_disk, child))
        if len(entries) > _MAX_FILES:
            raise DeployError(f"The folder has more than {_MAX_FILES} files.", f"Leave some out with {IGNORE_NAME}.")


def _entry(root: str, on_disk: str, path: str) -> Entry:
    source = os.path.join(root, on_disk)
    if os.path.islink(source):
        target = os.path.realpath(source)
        if not target.startswith(root + os.sep) or not os.path.exists(target):
            raise DeployError(f"{path} is a link that leads to no file of the folder.", "Remove it.")
        source = target
    status = os.stat(source)
    if not stat.S_ISREG(status.st_mode):
        raise DeployError(f"{path} is not a regular file.", f"Remove it, or leave it out with {IGNORE_NAME}.")
    executable = sys.platform != "win32" and bool(status.st_mode & 0o100)
    return Entry(path, status.st_size, executable, source)


def _check_names(entries: List[Entry]) -> None:
    """The worst of what a platform would refuse; it checks the rest itself."""
    seen: Dict[str, str] = {}
    for entry in entries:
        problem = _name_problem(entry.path)
        if problem is not None:
            raise DeployError(f"The path {entry.path!r} {problem}.", "Rename it.")
        folded = entry.path.upper().lower()
        if folded in seen:
            twins = f"{entry.path} and {seen[folded]} are one file on systems that ignore case or Unicode form."
            raise DeployError(twins, "Rename one of them.")
        seen[folded] = entry.path


def _name_problem(path: str) -> Optional[str]:
    if any(unicodedata.category(char) in ("Cc", "Cf", "Cs") for char in path):
        return "has a control or invisible character, or one that is not UTF-8, in it"
    if any(char in _FORBIDDEN for char in path):
        return f"has one of {' '.join(_FORBIDDEN)} in it"
    if any(name.endswith((".", " ")) for name in path.split("/")):
        return "has a name that ends with a dot or a space"
    return None


def _refuse_secrets(root: str, entries: List[Entry]) -> None:
    found = []
    for entry in entries:
        assert entry.source is not None
        with open(entry.source, "rb") as file:
            head = file.read(SEARCHED_BYTES)
        target = os.path.relpath(entry.source, root).replace(os.sep, "/")
        why = find_secret(entry.path, head) or find_secret(target, head)
        if why is not None:
            found.append(f"{entry.path} {why}")
    if found:
        raise DeployError(
            f"The folder holds what looks like secrets: {'; '.join(found[:10])}.",
            f"Add it to {IGNORE_NAME}, or pack it with --force.",
        )
