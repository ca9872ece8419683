"""Files that look like secrets; the same rules as emulator/bundle/secrets.ts."""

from __future__ import annotations

import re
from typing import Optional

# Matched against the path with "/" before it, in lower case; the text ends the sentence "<path> …".
_BY_NAME = [
    (r"/\.env(?:rc)?(?:\.[^/]*)?$|/\.env[^/]*$", "is an environment file"),
    (r"/\.git(?:/|$)", "belongs to a git repository, whose history may hold secrets"),
    (r"/(?:\.ssh|\.gnupg)/", "is in a folder of keys"),
    (r"/id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?$", "is a private key by its name"),
    (r"\.(?:key|p12|pfx|jks|keystore|kdbx|ppk)$", "is a key store by its name"),
    (r"/(?:\.git-credentials|[._]netrc|\.pypirc|\.pgpass|\.htpasswd|\.s3cfg|\.boto)$", "holds credentials"),
    (r"/(?:\.aws|\.azure|\.config/gcloud)/", "belongs to a cloud account"),
    (r"/(?:\.docker/config\.json|\.dockercfg|\.kube/config|kubeconfig)$", "holds credentials"),
    (
        r"/(?:credentials|secrets?|client_secrets?|service[-_]account)[^/]*\.(?:json|ya?ml|toml|ini)$",
        "holds credentials by its name",
    ),
]
_KEY = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_NPM_TOKEN = re.compile(r"^\s*(?://[^=\n]*:)?(?:_authToken|_auth|_password)\s*=\s*[^\s$]", re.MULTILINE)

SEARCHED_BYTES = 256 * 1024


def find_secret(path: str, head: bytes) -> Optional[str]:
    """Why the file looks like a secret; None when nothing speaks against it."""
    lower = f"/{path.lower()}"
    text = head.decode("latin-1")
    for pattern, why in _BY_NAME:
        if re.search(pattern, lower):
            return why
    if _KEY.search(text):
        return "has a private key in it"
    if lower.endswith("/.npmrc") and _NPM_TOKEN.search(text):
        return "has a token in it"
    return None
