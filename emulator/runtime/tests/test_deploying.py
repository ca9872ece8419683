"""Flags of deploy_tool.py beside a slipway.json that is there already."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, List, Tuple

import pytest

from deploying.failure import DeployError
from deploying.manifest import Flags, pack

NONE = Flags(None, [], None, None, [], [], [], {}, None, False)


def packed(folder: Path, manifest: Dict[str, Any], flags: Flags) -> Tuple[Dict[str, Any], List[str], str]:
    (folder / "slipway.json").write_text(json.dumps(manifest))
    (folder / "main.py").write_text("class Service: ...\n")
    said: List[str] = []
    bundle = pack(str(folder), flags, said.append).bundle
    entry = next(one for one in bundle.entries if one.path == "slipway.json")
    text = entry.content.decode() if entry.source is None else Path(entry.source).read_text()
    return json.loads(text), said, bundle.digest


def test_what_the_file_names_already_changes_nothing(tmp_path: Path) -> None:
    manifest = {"name": "svc", "main": "main.py", "apt": ["libgomp1"], "requirements": ["Foo_Bar>=1", "six"]}
    flags = NONE._replace(apt=["libgomp1"], pip=["foo-bar==1.5"])
    kept, said, digest = packed(tmp_path, manifest, flags)
    assert (kept, said) == (manifest, [])
    assert digest == packed(tmp_path, manifest, NONE)[2]


def test_packages_that_only_flags_name_go_into_the_bundle_and_not_into_the_folder(tmp_path: Path) -> None:
    manifest = {"name": "svc", "main": "main.py", "apt": ["libgomp1"]}
    flags = NONE._replace(apt=["libgomp1", "ffmpeg"], pip=["numpy<3"])
    kept, said, _ = packed(tmp_path, manifest, flags)
    assert kept == {**manifest, "apt": ["libgomp1", "ffmpeg"], "requirements": ["numpy<3"]}
    assert [line.split(": ")[1] for line in said] == ["ffmpeg", "numpy<3"]
    assert json.loads((tmp_path / "slipway.json").read_text()) == manifest


def test_a_file_of_requirements_is_read_for_what_it_names(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("# GPU\nsix==1.16.0 \\\n  ; python_version > '3'\n\nFlask  # web\n")
    manifest = {"name": "svc", "main": "main.py", "requirements": "requirements.txt"}
    assert packed(tmp_path, manifest, NONE._replace(pip=["flask", "SIX"]))[0] == manifest
    kept, _, _ = packed(tmp_path, manifest, NONE._replace(pip=["pillow"]))
    assert kept["requirements"] == ["six==1.16.0    ; python_version > '3'", "Flask", "pillow"]
    (tmp_path / "requirements.txt").unlink()
    with pytest.raises(DeployError, match="cannot be read"):
        packed(tmp_path, manifest, NONE._replace(pip=["pillow"]))
