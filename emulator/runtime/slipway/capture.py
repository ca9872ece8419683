"""sys.stdout and sys.stderr of a worker: whole lines, limited per second, handed on with the requests that executed."""

from __future__ import annotations

import codecs
import io
import sys
import threading
import time
from typing import Any, Callable, Sequence

# A longer line is cut: logs are for people.
_MAX_LINE_CHARS = 8_192
# Average length of a line up to which the line limit counts before the byte limit does.
_BYTES_PER_LINE = 256
_MIN_BYTES_PER_SECOND = 64 * 1024

# stream, text, number of lines dropped before it
Deliver = Callable[[str, str, int], None]


class Capture:
    """Both streams of one process. `deliver` may be changed at any time; it must not raise or print."""

    def __init__(self, deliver: Deliver, lines_per_second: int, clock: Callable[[], float] = time.monotonic):
        self.deliver = deliver
        # Called when the first line of many is dropped, so that someone tells of it even if nothing more is printed.
        self.dropping: Callable[[], None] = lambda: None
        self._clock = clock
        self._window = 0.0
        self._lines = 0
        self._bytes = 0
        self._dropped = 0
        self.set_limit(lines_per_second)
        self._lock = threading.RLock()
        self.stdout = CapturedStream(self, "stdout", 1)
        self.stderr = CapturedStream(self, "stderr", 2)

    def set_limit(self, lines_per_second: int) -> None:
        self._max_lines = lines_per_second
        self._max_bytes = max(_MIN_BYTES_PER_SECOND, lines_per_second * _BYTES_PER_LINE)

    def install(self) -> None:
        sys.stdout = self.stdout
        sys.stderr = self.stderr

    def after_fork(self) -> None:
        """In a child: no thread that might have held the lock is there any more."""
        self._lock = threading.RLock()

    @property
    def dropped(self) -> int:
        """Lines dropped and not told yet."""
        return self._dropped

    def take_dropped(self) -> int:
        with self._lock:
            dropped, self._dropped = self._dropped, 0
            return dropped

    def emit(self, stream: str, lines: Sequence[str]) -> None:
        """Hands on whole lines, as many as this second still allows."""
        with self._lock:
            now = self._clock()
            if now - self._window >= 1.0:
                self._window = now
                self._lines = self._bytes = 0
            for index, line in enumerate(lines):
                if self._lines >= self._max_lines or self._bytes >= self._max_bytes:
                    begins = self._dropped == 0
                    self._dropped += len(lines) - index
                    if begins:
                        self.dropping()
                    return
                self._lines += 1
                if len(line) > _MAX_LINE_CHARS:
                    line = f"{line[:_MAX_LINE_CHARS]} … {len(line) - _MAX_LINE_CHARS} characters left out"
                self._bytes += len(line)
                dropped, self._dropped = self._dropped, 0
                self.deliver(stream, line, dropped)

    def write(self, stream: CapturedStream, text: str) -> None:
        with self._lock:
            whole = stream.partial + text if stream.partial else text
            if "\n" not in text and len(whole) < _MAX_LINE_CHARS:
                stream.partial = whole
                return
            lines = whole.split("\n")
            last = lines.pop()
            if len(last) >= _MAX_LINE_CHARS:
                lines.append(last)
                last = ""
            stream.partial = last
            self.emit(stream.stream, lines)

    def end_lines(self) -> None:
        """Hands on what was printed without a line end."""
        for stream in (self.stdout, self.stderr):
            if stream.partial:
                with self._lock:
                    text, stream.partial = stream.partial, ""
                    self.emit(stream.stream, [text])


class CapturedStream(io.TextIOBase):
    """A text stream that cannot be closed: libraries close stdout, and the next print must not raise."""

    def __init__(self, capture: Capture, stream: str, fd: int):
        self._capture = capture
        self._fd = fd
        self.stream = stream
        self.partial = ""
        self.name = f"<{stream}>"
        self.mode = "w"
        self.buffer = CapturedBytes(self)
        self.line_buffering = True

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return "utf-8"

    @property
    def errors(self) -> str:  # type: ignore[override]
        return "replace"

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._capture.write(self, text)
        return len(text)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def fileno(self) -> int:
        return self._fd

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return False

    def flush(self) -> None:
        pass

    def close(self) -> None:
        pass

    def reconfigure(self, **options: Any) -> None:
        """Takes what io.TextIOWrapper takes, and changes nothing."""


class CapturedBytes(io.BufferedIOBase):
    """`sys.stdout.buffer`: bytes that are no UTF-8 become replacement characters."""

    def __init__(self, text: CapturedStream):
        self._text = text
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def write(self, data: Any) -> int:
        raw = bytes(data)
        self._text.write(self._decoder.decode(raw))
        return len(raw)

    @property
    def raw(self) -> Any:
        return self

    def fileno(self) -> int:
        return self._text.fileno()

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return False

    def flush(self) -> None:
        pass

    def close(self) -> None:
        pass
