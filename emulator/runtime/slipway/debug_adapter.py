"""The debug adapter, over standard input and output: `python -m slipway.debug_adapter PATH`.

PATH is the folder that holds debugpy. The token comes in the environment, where other users cannot read it, and is what
a replica demands of whoever would debug it.
"""

from __future__ import annotations

import os
import runpy
import sys
from typing import Tuple


def main() -> None:
    path = os.path.abspath(sys.argv[1])
    token = os.environ.pop("SLIPWAY_DEBUG_TOKEN", "")
    if not os.path.isdir(os.path.join(path, "debugpy")):
        sys.exit(f"slipway: there is no debugpy in {path}")
    # The last place on the path: nothing of it may hide a library.
    sys.path.append(path)
    os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"
    sys.argv = ["debugpy.adapter", *(["--server-access-token", token] if token else [])]
    _serve_nobody_else()
    runpy.run_module("debugpy.adapter", run_name="__main__", alter_sys=True)


def _serve_nobody_else() -> None:
    """The adapter wants a port for further editors, which need no token. It gets one at which nobody is answered."""
    from debugpy.adapter import clients  # type: ignore[import-not-found, unused-ignore]
    from debugpy.common import sockets  # type: ignore[import-not-found, unused-ignore]

    def serve(host: str, port: int) -> Tuple[str, int]:
        clients.listener = sockets.create_server(host, 0)
        address: Tuple[str, int] = sockets.get_address(clients.listener)
        return address

    clients.serve = serve


if __name__ == "__main__":
    main()
