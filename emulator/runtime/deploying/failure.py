"""Errors of the deploy tool: what happened, what to do, and whose problem it is."""

from __future__ import annotations

from typing import Optional

USER, USAGE, PLATFORM = 1, 2, 3


class DeployError(Exception):
    """`exit_code`: 1 the user's problem, 2 usage, 3 the platform's; `code` is that of a platform's answer."""

    def __init__(
        self,
        message: str,
        hint: str = "",
        exit_code: int = USER,
        traceback: Optional[str] = None,
        code: Optional[str] = None,
    ):
        super().__init__(message)
        self.hint = hint
        self.exit_code = exit_code
        self.traceback = traceback
        self.code = code
