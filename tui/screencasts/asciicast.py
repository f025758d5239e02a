"""Writes asciicast v2: a header, then an event a line. Each line is flushed, so that a crash leaves a whole file."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TextIO


class CastWriter:
    def __init__(
        self,
        file: TextIO,
        columns: int,
        rows: int,
        *,
        clock: Callable[[], float],
        title: str = "",
        theme: dict[str, str] | None = None,
    ) -> None:
        self._file, self._clock = file, clock
        self._begin: float | None = None
        self._last = 0.0
        header: dict[str, object] = {"version": 2, "width": columns, "height": rows, "idle_time_limit": 3}
        if title:
            header["title"] = title
        header["env"] = {"TERM": "xterm-256color"}
        if theme:
            header["theme"] = theme
        self._line(header)

    def output(self, text: str) -> None:
        self._event("o", text)

    def key(self, text: str) -> None:
        self._event("i", text)

    def resize(self, columns: int, rows: int) -> None:
        self._event("r", f"{columns}x{rows}")

    def close(self) -> None:
        self._file.close()

    def _event(self, code: str, data: str) -> None:
        now = self._clock()
        if self._begin is None:
            self._begin = now
        self._last = max(now - self._begin, self._last)
        self._line([round(self._last, 3), code, data])

    def _line(self, item: object) -> None:
        self._file.write(json.dumps(item, ensure_ascii=False) + "\n")
        self._file.flush()
