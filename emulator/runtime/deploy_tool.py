"""Packs a service folder and creates or updates its task at a platform. Run it in the folder of the service:

    python deploy_tool.py --model_dir=./checkpoint_dir --code_files=mnist.py --main_file=mnist \\
        --docker_dependency_apt=libgomp1 --docker_dependency_pip=numpy --docker_files=labels.txt \\
        --request_url=http://host:port

List values are separated by commas. With a slipway.json in the folder, that file says what the service needs: packages
that only the flags name are added to it in the bundle, which else is the one that `slipway deploy` makes. The token
comes from --token, from SLIPWAY_TOKEN, or from the token file of the local platform. Needs Python 3.9 and nothing else.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import Any, Dict, List, Optional

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from deploying.failure import USAGE, USER, DeployError
from deploying.manifest import Flags, clean_path, pack
from deploying.platform import Platform, find_target

_CONFIG = ("model_name", "all_one_file", "model_arch_type", "num_epoch")


def main(words: Optional[List[str]] = None) -> int:
    """Returns the exit code: 0 done, 1 the user's problem, 2 usage, 3 the platform's problem, 130 interrupted."""
    options = _parser().parse_args(words)
    try:
        _deploy(options)
        return 0
    except DeployError as error:
        print(f"error: {error}", file=sys.stderr)
        for line in (error.traceback or "").rstrip().splitlines():
            print(f"  | {line}", file=sys.stderr)
        if error.hint:
            print(f"  {error.hint}", file=sys.stderr)
        return error.exit_code
    except OSError as error:
        print(f"error: {error}", file=sys.stderr)
        return USER
    except KeyboardInterrupt:
        print("interrupted; what the platform has accepted goes on there", file=sys.stderr)
        return 130


def _deploy(options: argparse.Namespace) -> None:
    folder = os.getcwd()
    target = find_target(options.request_url, options.token)
    platform = Platform(target)
    packed = pack(folder, _flags(options), _say)
    files = len(packed.bundle.entries)
    _say(f"uploading {files} files, {packed.bundle.bytes} bytes, to {target.url}")
    if not platform.upload(packed.bundle):
        _say("the platform has this bundle already")
    accepted = platform.create_or_update(packed.task, packed.bundle.digest, options.replicas)
    task, version, url = (str(accepted[key]) for key in ("task", "version", "url"))
    _say(f"{task} {version} is accepted")
    state = platform.wait(task, version, _say)["state"]
    if options.json:
        print(json.dumps({"task": task, "version": version, "url": url, "state": state}))
    else:
        print(f"{task} {version} is {state}\n  {url}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description="Packs the service in this folder and creates or updates its task at a platform."
    )
    parser.add_argument("--model_dir", help="folder of the model; becomes self.model_dir")
    parser.add_argument("--code_files", help="Python files of the service, separated by commas")
    parser.add_argument("--main_file", "--main_module", help="the file that defines the class, with or without .py")
    parser.add_argument("--docker_dependency_apt", help="Debian packages, for containers")
    parser.add_argument("--docker_dependency_pip", help="Python packages")
    parser.add_argument("--docker_files", help="further files and folders of the service")
    parser.add_argument("--request_url", help="URL of the platform (default: the local one)")
    parser.add_argument("--main_class", help="the class, when the file defines several")
    for name in _CONFIG:
        parser.add_argument(f"--{name}", help="goes into self.conf")
    parser.add_argument("--name", help="name of the task (default: that of slipway.json, else of the folder)")
    parser.add_argument("--replicas", type=int, help="number of replicas")
    parser.add_argument("--token", help="token of the platform (better: SLIPWAY_TOKEN)")
    parser.add_argument("--force", action="store_true", help="pack files that look like secrets too")
    parser.add_argument("--json", action="store_true", help="print the outcome as JSON")
    return parser


def _flags(options: argparse.Namespace) -> Flags:
    config: Dict[str, Any] = {name: _plain(getattr(options, name)) for name in _CONFIG if getattr(options, name)}
    return Flags(
        model_dir=_path(options.model_dir) if options.model_dir else None,
        code_files=[_path(one) for one in _split(options.code_files)],
        main_file=_path(options.main_file) if options.main_file else None,
        main_class=options.main_class,
        apt=_split(options.docker_dependency_apt),
        pip=_split_requirements(options.docker_dependency_pip),
        docker_files=[_path(one) for one in _split(options.docker_files)],
        config=config,
        task=options.name,
        force=options.force,
    )


def _plain(value: str) -> Any:
    """Numbers and truth values as such, because they go into JSON."""
    if value.isdecimal() and value.isascii():
        return int(value)
    return {"true": True, "false": False}.get(value.lower(), value)


def _split(value: Optional[str]) -> List[str]:
    return [one.strip() for one in (value or "").split(",") if one.strip()]


def _split_requirements(value: Optional[str]) -> List[str]:
    """`numpy>=1.2,<2,six` is two: what begins with a comparison belongs to the requirement before it."""
    parts: List[str] = []
    for one in _split(value):
        if parts and one[0] in "<>=!~":
            parts[-1] += f",{one}"
        else:
            parts.append(one)
    return parts


def _path(value: str) -> str:
    path = clean_path(value)
    if path.startswith("/") or path[1:2] == ":" or ".." in path.split("/"):
        raise DeployError(f"{value} leads out of the folder.", "Run the tool in the folder of the service.", USAGE)
    return path


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
