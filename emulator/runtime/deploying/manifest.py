"""The manifest of what is deployed: the folder's own slipway.json, or one made from the flags."""

from __future__ import annotations

import json
import os
import posixpath
import re
import unicodedata
from typing import Any, Callable, Dict, List, NamedTuple, Optional

from .additions import add_dependencies
from .archive import Bundle, Entry
from .failure import USAGE, DeployError
from .folder import list_files
from .ignore import IGNORE_NAME

MANIFEST = "slipway.json"
# Paths of the gateway itself, as in schemas/ids.ts.
RESERVED_NAMES = frozenset(["v2", "service", "initialized", "metrics", "healthz", "api"])


class Flags(NamedTuple):
    """What the command line says, lists split at commas and paths without a leading `./`."""

    model_dir: Optional[str]
    code_files: List[str]
    main_file: Optional[str]
    main_class: Optional[str]
    apt: List[str]
    pip: List[str]
    docker_files: List[str]
    config: Dict[str, Any]
    task: Optional[str]
    force: bool


class Packed(NamedTuple):
    """A bundle with the name of its task."""

    bundle: Bundle
    task: str


def clean_path(path: str) -> str:
    """`./checkpoint_dir/` as `checkpoint_dir`, with `/` on every system and in normal form C, as archives have it."""
    return unicodedata.normalize("NFC", posixpath.normpath(path.strip().replace("\\", "/")))


def pack(folder: str, flags: Flags, say: Callable[[str], None]) -> Packed:
    """Packs the folder. With a slipway.json everything in it goes, as with `slipway deploy`; else what flags name."""
    if os.path.isfile(os.path.join(folder, MANIFEST)):
        packed = _pack_as_it_is(folder, flags, say)
    else:
        packed = _pack_listed(folder, flags)
    paths = [entry.path for entry in packed.bundle.entries]
    for one in _listed(flags):
        if not any(_covers(one, path) for path in paths):
            raise DeployError(
                f"{one} is not in {folder}, is empty, or is left out by {IGNORE_NAME}.",
                "Run the tool in the folder of the service.",
            )
    _check_task_name(packed.task)
    return packed


def _pack_as_it_is(folder: str, flags: Flags, say: Callable[[str], None]) -> Packed:
    try:
        with open(os.path.join(folder, MANIFEST), encoding="utf-8-sig") as file:
            manifest = json.load(file)
    except ValueError as error:
        raise DeployError(f"{MANIFEST} is not JSON: {error}.", "Correct it, or remove it.") from None
    if not isinstance(manifest, dict) or not isinstance(manifest.get("name"), str):
        raise DeployError(f'{MANIFEST} has no "name".', "Compare it with the templates.")
    for flag, ours, theirs in (
        ("--main_file", _main_path(flags), manifest.get("main")),
        ("--model_dir", flags.model_dir, manifest.get("model")),
        ("--main_class", flags.main_class, manifest.get("class")),
    ):
        if ours is not None and theirs is not None and ours != clean_path(str(theirs)):
            raise DeployError(f"{flag} says {ours}, but {MANIFEST} says {theirs}.", "Make them the same.", USAGE)
    entries = list_files(folder, lambda _: True, flags.force)
    if add_dependencies(folder, manifest, flags.apt, flags.pip, say):
        text = json.dumps(manifest, indent=2).encode() + b"\n"
        entries = [Entry(MANIFEST, len(text), False, None, text) if one.path == MANIFEST else one for one in entries]
    return Packed(Bundle(entries), flags.task or str(manifest["name"]))


def _pack_listed(folder: str, flags: Flags) -> Packed:
    main = _main_path(flags)
    if main is None:
        raise DeployError("There is no slipway.json and no --main_file.", "Name the file of the class.", USAGE)
    listed = [main, *_listed(flags)]
    entries = list_files(folder, lambda path: any(_covers(one, path) for one in listed), flags.force)
    if main not in [entry.path for entry in entries]:
        raise DeployError(f"The main file {main} does not exist in {folder}.", "Correct --main_file.")
    task = flags.task or suggest_name(os.path.basename(os.path.realpath(folder)))
    text = json.dumps(_make_manifest(task, main, flags), indent=2).encode() + b"\n"
    entries.append(Entry(MANIFEST, len(text), False, None, text))
    entries.sort(key=lambda one: one.path.encode("utf-8"))
    return Packed(Bundle(entries), task)


def _listed(flags: Flags) -> List[str]:
    return [*flags.code_files, *flags.docker_files, *([] if flags.model_dir is None else [flags.model_dir])]


def _covers(listed: str, path: str) -> bool:
    """Whether a path that a flag names is the file, or a folder that holds it."""
    return listed in (".", path) or path.startswith(f"{listed}/")


def _check_task_name(name: str) -> None:
    if re.fullmatch(r"[a-z](?:[a-z0-9-]{0,46}[a-z0-9])?", name) is None or name in RESERVED_NAMES:
        raise DeployError(
            f'"{name}" cannot be the name of a task.',
            'Name it with --name: 1 to 48 of a-z, 0-9 and "-", starting with a letter, and no path of the gateway.',
            USAGE,
        )


def _make_manifest(task: str, main: str, flags: Flags) -> Dict[str, Any]:
    manifest: Dict[str, Any] = {"name": task, "main": main}
    if flags.main_class:
        manifest["class"] = flags.main_class
    framework = _framework_of(flags.pip)
    if framework is not None:
        manifest["framework"] = framework
    if flags.pip:
        manifest["requirements"] = flags.pip
    if flags.apt:
        manifest["apt"] = flags.apt
    if flags.model_dir is not None:
        manifest["model"] = flags.model_dir
    if flags.config:
        manifest["config"] = flags.config
    return manifest


def _framework_of(pip: List[str]) -> Optional[str]:
    names = {re.split(r"[^a-z0-9]", one.lower().replace("-", ""), maxsplit=1)[0] for one in pip}
    known = {
        "tensorflow": "tensorflow",
        "tensorflowcpu": "tensorflow",
        "keras": "keras",
        "mxnet": "mxnet",
        "torch": "pytorch",
        "onnxruntime": "onnx",
        "xgboost": "xgboost",
        "scikitlearn": "sklearn",
    }
    return next((framework for name, framework in known.items() if name in names), None)


def _main_path(flags: Flags) -> Optional[str]:
    """The tool took the module without its ending; a name with it is taken too."""
    if flags.main_file is None:
        return None
    path = clean_path(flags.main_file)
    return path if path.endswith(".py") else f"{path}.py"


def suggest_name(folder: str) -> str:
    """The nearest task name: `My Model (2)` becomes `my-model-2`. Not every folder has one."""
    plain = unicodedata.normalize("NFKD", folder).lower()
    return re.sub(r"^[^a-z]+", "", re.sub(r"[^a-z0-9]+", "-", plain))[:48].rstrip("-")
