"""The control API of a platform over http.client: no redirect is followed, so that the token goes nowhere else."""

from __future__ import annotations

import http.client
import json
import os
import re
import ssl
import time
from typing import Any, Callable, Dict, Iterable, NamedTuple, Optional, Tuple, Union
from urllib.parse import urlsplit

from .archive import Bundle
from .failure import PLATFORM, USAGE, USER, DeployError

_TIMEOUT_S = 60.0
_POLL_S = 0.2
# A large bundle is written to disk before the answer to its upload.
_UPLOAD_TIMEOUT_S = 600.0
# Codes of schemas/errors.ts whose cause lies with the platform; all others are the user's problem.
PLATFORM_CODES = frozenset(
    [
        "queue_full",
        "no_replica",
        "draining",
        "deadline_exceeded",
        "replica_lost",
        "replica_killed",
        "replica_frozen",
        "replica_unreachable",
        "node_lost",
        "platform_unreachable",
        "disk_full",
        "state_corrupt",
        "link_protocol",
        "too_many_files",
        "internal",
    ]
)


class Target(NamedTuple):
    """Where the control API is, and with which token."""

    url: str
    token: str


def find_target(request_url: Optional[str], token: Optional[str]) -> Target:
    """The platform at `request_url`: any of a local platform's two addresses will do; without a URL, the local one."""
    token = (token or os.environ.get("SLIPWAY_TOKEN") or "").strip() or None
    if token is not None and re.fullmatch(r"[\x21-\x7e]+", token) is None:
        raise DeployError("The token has characters in it that no token has.", "Copy it again.", USAGE)
    local = _local_platform()
    if request_url is None:
        if local is None:
            message = "No local platform is running, and there is no --request_url."
            raise DeployError(message, "Run `slipway up`, or name a platform.", PLATFORM)
        return Target(local["control"], token or _read_token(local))
    url = request_url if "://" in request_url else f"http://{request_url}"
    if local is not None and _origin(url) in (_origin(local["control"]), _origin(local["inference"])):
        return Target(local["control"], token or _read_token(local))
    if token is None:
        raise DeployError(f"There is no token for {url}.", "Set SLIPWAY_TOKEN, or give --token.")
    return Target(url, token)


def _local_platform() -> Optional[Dict[str, Any]]:
    home = os.environ.get("SLIPWAY_HOME") or os.path.join(os.path.expanduser("~"), ".slipway")
    try:
        with open(os.path.join(home, "platform.json"), encoding="utf-8") as file:
            info = json.load(file)
        return info if all(isinstance(info[key], str) for key in ("control", "inference", "tokenFile")) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _read_token(local: Dict[str, Any]) -> str:
    try:
        with open(local["tokenFile"], encoding="utf-8") as file:
            return file.read().strip()
    except OSError as error:
        raise DeployError(
            f"The token file cannot be read: {error}.", "It belongs to who started the platform."
        ) from None


def _origin(url: str) -> str:
    scheme, host, port, _ = _split_url(url)
    return f"{scheme}://{'127.0.0.1' if host in ('localhost', '::1') else host}:{port}"


def _split_url(url: str) -> Tuple[str, str, int, str]:
    """Scheme, host, port and path of an http address."""
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        parts, port = urlsplit(""), 0
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise DeployError(f"{url} is no http address.", "Write --request_url=http://host:port.", USAGE)
    return parts.scheme, parts.hostname, port, parts.path.rstrip("/")


class Platform:
    """A few operations of the control API; each raises DeployError with what the platform said."""

    def __init__(self, target: Target):
        self._target = target
        self._scheme, self._host, self._port, self._base = _split_url(target.url)

    def upload(self, bundle: Bundle) -> bool:
        """Sends the bundle unless it is there; returns whether it was sent."""
        path = f"/api/v1/bundles/{bundle.digest}"
        status, _ = self._send("HEAD", path)
        if status < 300:
            return False
        if status != 404:
            raise _refusal(status, None)
        headers = {"content-type": "application/x-tar", "content-length": str(bundle.bytes)}
        self._ask("PUT", path, headers, bundle.chunks())
        return True

    def create_or_update(self, task: str, digest: str, replicas: Optional[int]) -> Dict[str, Any]:
        """A new version of the task, which is created when it is not there."""
        body: Dict[str, Any] = {"bundle": digest}
        if replicas is not None:
            body["replicas"] = replicas
        versions = f"/api/v1/tasks/{task}/versions"
        try:
            return self._post(versions, body)
        except DeployError as error:
            if error.code != "task_not_found":
                raise
        try:
            return self._post("/api/v1/tasks", {"task": task, **body})
        except DeployError as error:
            if error.code != "task_exists":
                raise
        # Somebody else has just created it.
        return self._post(versions, body)

    def wait(self, task: str, version: str, say: Callable[[str], None]) -> Dict[str, Any]:
        """Returns the task once the version serves. Raises its reason, with the traceback, when it failed."""
        last = ""
        while True:
            view = self._ask("GET", f"/api/v1/tasks/{task}")
            found = next((one for one in view["versions"] if one["id"] == version), None)
            if found is None:
                raise DeployError(f"{task} has no version {version} any more.")
            state = found["state"]
            replicas = found["replicas"]
            settled = replicas["ready"] >= replicas["wanted"] or view.get("reason") is not None
            if state == "active" and view["state"] != "deploying" and settled:
                return view
            if state == "failed":
                raise _from_reason(found.get("reason") or {"message": f"{version} did not become ready."})
            if state in ("retired", "draining"):
                raise DeployError(f"Another version took the place of {version}.")
            counts = f"{replicas['ready']} of {replicas['wanted']} replicas are ready"
            text = str(found.get("progress") or f"{task} {version} is {state}, {counts}")
            if text != last:
                say(text)
                last = text
            time.sleep(_POLL_S)

    def _post(self, path: str, body: Dict[str, Any]) -> Dict[str, Any]:
        return self._ask("POST", path, {"content-type": "application/json"}, json.dumps(body).encode())

    def _ask(
        self,
        method: str,
        path: str,
        headers: Optional[Dict[str, str]] = None,
        body: Union[bytes, Iterable[bytes], None] = None,
    ) -> Dict[str, Any]:
        status, answer = self._send(method, path, headers, body)
        if status >= 300 or not isinstance(answer, dict):
            raise _refusal(status, answer)
        return answer

    def _send(
        self,
        method: str,
        path: str,
        headers: Optional[Dict[str, str]] = None,
        body: Union[bytes, Iterable[bytes], None] = None,
    ) -> Tuple[int, Any]:
        connection = self._connect(_UPLOAD_TIMEOUT_S if method == "PUT" else _TIMEOUT_S)
        try:
            sent = {"authorization": f"Bearer {self._target.token}", **(headers or {})}
            try:
                connection.request(method, self._base + path, body=body, headers=sent)
            except (BrokenPipeError, ConnectionResetError):
                # A platform that refuses an upload may say so, and why, before it has all of it.
                if method != "PUT":
                    raise
            answer = connection.getresponse()
            return answer.status, _parse(answer.read())
        except (OSError, http.client.HTTPException) as error:
            hint = "Check --request_url, and that the platform runs (`slipway up`)."
            why = str(error) or type(error).__name__
            raise DeployError(f"No answer from {self._target.url}: {why}.", hint, PLATFORM) from None
        finally:
            connection.close()

    def _connect(self, timeout: float) -> http.client.HTTPConnection:
        if self._scheme == "http":
            return http.client.HTTPConnection(self._host, self._port, timeout=timeout)
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(self._host, self._port, timeout=timeout, context=context)


def _parse(text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _refusal(status: int, answer: Any) -> DeployError:
    if isinstance(answer, dict) and isinstance(answer.get("error"), dict):
        return _from_reason(answer["error"])
    if status == 401:
        return DeployError("The token is wrong.", "Set SLIPWAY_TOKEN, or give --token.")
    hint = "Check --request_url: it must be a Slipway platform."
    return DeployError(f"The platform answered {status}.", hint, PLATFORM if status >= 500 else USER)


def _from_reason(reason: Dict[str, Any]) -> DeployError:
    code = reason.get("code")
    blame = PLATFORM if code in PLATFORM_CODES else USER
    message = str(reason.get("message") or code or "The platform refused without a reason.")
    return DeployError(message, str(reason.get("hint") or ""), blame, reason.get("traceback"), code)
