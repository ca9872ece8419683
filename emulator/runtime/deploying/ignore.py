"""Which files of a service folder are left out of its bundle; the same rules as emulator/bundle/ignore.ts."""

from __future__ import annotations

import re
from typing import List, NamedTuple, Optional, Pattern

IGNORE_NAME = ".slipwayignore"

BUILT_IN = [
    ".git",
    ".hg/",
    ".svn/",
    ".DS_Store",
    "Thumbs.db",
    "desktop.ini",
    "__pycache__/",
    "*.py[cod]",
    ".venv/",
    "venv/",
    ".tox/",
    ".nox/",
    ".mypy_cache/",
    ".ruff_cache/",
    ".pytest_cache/",
    ".ipynb_checkpoints/",
    "*.egg-info/",
    "node_modules/",
    ".idea/",
    ".vscode/",
    "*.swp",
    "*~",
    f"/{IGNORE_NAME}",
]

_TOKEN = re.compile(r"\*\*/|/\*\*$|\*+|\?|\[[!^]?\]?[^\]/]*\]|\\.|[\s\S]")


class _Rule(NamedTuple):
    pattern: Pattern[str]
    negated: bool
    folders_only: bool


class Ignore:
    """The built-in rules and those of a `.slipwayignore`; the last match counts."""

    def __init__(self, text: str):
        lines = BUILT_IN + re.split(r"\r?\n", re.sub("^\ufeff", "", text))
        self._rules = [rule for rule in map(_parse, lines) if rule is not None]

    def __call__(self, path: str, is_folder: bool) -> bool:
        ignored = False
        for rule in self._rules:
            if rule.negated != ignored or (rule.folders_only and not is_folder):
                continue
            if rule.pattern.match(path):
                ignored = not rule.negated
        return ignored


def _parse(line: str) -> Optional[_Rule]:
    glob = re.sub(r"(?<!\\)\s+$", "", line)
    if glob == "" or glob.startswith("#"):
        return None
    negated = glob.startswith("!")
    glob = glob[1:] if negated else glob
    folders_only = glob.endswith("/")
    glob = glob[:-1] if folders_only else glob
    anchored = "/" in glob
    glob = glob[1:] if glob.startswith("/") else glob
    if glob == "":
        return None
    source = ("" if anchored else "(?:.*/)?") + _source(glob)
    return _Rule(re.compile(source + r"\Z", re.DOTALL), negated, folders_only)


def _source(glob: str) -> str:
    """`*` and `?` stay inside a name, `**` as a whole name crosses folders."""
    parts: List[str] = []
    for match in _TOKEN.finditer(glob):
        text = match.group()
        starts_name = match.start() == 0 or glob[match.start() - 1] == "/"
        if text == "**/":
            parts.append("(?:.*/)?" if starts_name else "[^/]*/")
        elif text == "/**":
            parts.append("/.+")
        elif text == "**" and starts_name:
            parts.append(".*")
        elif text.startswith("*"):
            parts.append("[^/]*")
        elif text == "?":
            parts.append("[^/]")
        elif text.startswith("[") and len(text) > 2:
            parts.append(_class_source(text))
        else:
            parts.append(re.escape(text[1:] if text.startswith("\\") and len(text) > 1 else text))
    return "".join(parts)


def _class_source(text: str) -> str:
    """`[a-z]`, `[!a-z]`: never a slash. A range that is none matches nothing."""
    negated = text[1] in "!^"
    inside = re.sub(r"[\\\][^&~|(){}/]", r"\\\g<0>", text[2 if negated else 1 : -1])
    source = f"(?!/)[{'^' if negated else ''}{inside}]"
    try:
        re.compile(source)
    except re.error:
        return "(?!)"
    return source
