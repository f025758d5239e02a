"""Runs a program in a pseudo-terminal: sends keys to it, and reads its screen."""

from __future__ import annotations

import fcntl
import os
import re
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import pyte

from tests.observer.conftest import marked_with

COMMAND = (sys.executable, "-m", "rockproc.tui")
DEADLINE = 30.0
"""Seconds after which a state counts as not reached, on a busy machine too."""

KEYS = {
    "enter": "\r",
    "esc": "\x1b",
    "space": " ",
    "tab": "\t",
    "shift+tab": "\x1b[Z",
    "backspace": "\x7f",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "home": "\x1b[H",
    "end": "\x1b[F",
    "pageup": "\x1b[5~",
    "pagedown": "\x1b[6~",
    **{f"ctrl+{chr(number + 96)}": chr(number) for number in range(1, 27)},
}

_UNKNOWN = re.compile(
    rb"\x1b\[[<>=][0-9;]*[a-zA-Z]|\x1b\[\?[0-9;]*(?:\$p|[a-gi-km-z])|\x1bP[^\x1b]*\x1b\\|\x1b\]22;[^\x07]*\x07"
)
"""Sequences that pyte misinterprets: the keyboard protocol, queries of modes, the shape of the pointer."""
_UNFINISHED = re.compile(rb"\x1b(?:[\[P][^a-zA-Z@`~]{0,40})?\Z")
_ALTERNATE = 1049 << 5

Wanted = str | Callable[[], object]


class Terminal:
    """Runs `words` in a terminal. Every process in it carries the mark that is in `environment`."""

    def __init__(
        self,
        words: Sequence[str],
        *,
        environment: dict[str, str],
        mark: str,
        folder: Path,
        columns: int = 80,
        rows: int = 24,
        stdout: int | None = None,
    ) -> None:
        self.mark = mark
        self.screen = pyte.Screen(columns, rows)
        self.raw = bytearray()
        self.stacks_folder = Path(environment["ROCKPROC_STACKS"])
        self._stream = pyte.ByteStream(self.screen)
        self._fed = 0
        self._arrived_at = time.monotonic()
        """The time at which the newest bytes were received."""
        self.drawn_from = self._arrived_at
        """The time at which the newest of the bytes that are drawn were received."""
        self._rows: list[str] | None = None
        self._news = threading.Condition()
        self._master, slave = os.openpty()
        self._size(columns, rows)
        self._modes = termios.tcgetattr(slave)
        self.process = subprocess.Popen(
            list(words),
            stdin=slave,
            stdout=slave if stdout is None else stdout,
            stderr=slave,
            env=environment,
            cwd=folder,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        self.slave = slave
        self._open = True
        self._reader = threading.Thread(target=self._read, name="terminal", daemon=True)
        self._reader.start()

    # What goes in

    def press(self, *keys: str) -> None:
        for key in keys:
            self.type(KEYS.get(key, key))

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def resize(self, columns: int, rows: int) -> None:
        self._feed()
        self.screen.resize(rows, columns)
        self._rows = None
        self._size(columns, rows)

    def _size(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def close(self) -> None:
        """Take the terminal away, as the closing of its window does."""
        if self._open:
            self._open = False
            os.close(self.slave)
            # The reader uses the last descriptor of the terminal's side until it is told to stop.
            os.close(self._master)

    # What is seen

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self._master, 65536)
            except OSError:
                return
            with self._news:
                self._arrived_at = time.monotonic()
                self.raw += data
                self._news.notify_all()

    def _feed(self) -> None:
        """Draw the received bytes, except for an incomplete sequence at the end."""
        with self._news:
            data, arrived_at = bytes(self.raw[self._fed :]), self._arrived_at
        if unfinished := _UNFINISHED.search(data):
            data = data[: unfinished.start()]
        if data:
            self._fed += len(data)
            self.drawn_from = arrived_at
            self._stream.feed(_UNKNOWN.sub(b"", data))
            self._rows = None

    @property
    def rows(self) -> list[str]:
        self._feed()
        if self._rows is None:
            self._rows = [row.rstrip() for row in self.screen.display]
        return self._rows

    @property
    def text(self) -> str:
        return "\n".join(self.rows)

    def line(self, *parts: str) -> str:
        """Return the first row that contains all these parts, or an empty text."""
        return next((row for row in self.rows if all(part in row for part in parts)), "")

    @property
    def alternate(self) -> bool:
        """True if it shows the alternate screen, which full-screen programs use."""
        self._feed()
        return _ALTERNATE in self.screen.mode

    @property
    def restored(self) -> bool:
        """True if it is as it was before the program began."""
        self._feed()
        modes = {mode >> 5 for mode in self.screen.mode} & {1000, 1002, 1003, 1004, 1006, 1049, 2004}
        return not (self.alternate or modes or self.screen.cursor.hidden) and (
            termios.tcgetattr(self.slave) == self._modes
        )

    # Waiting

    def written(self, seconds: float) -> int:
        """Return the number of bytes that the program writes within a time."""
        with self._news:
            before = len(self.raw)
        time.sleep(seconds)
        with self._news:
            return len(self.raw) - before

    def wait_for(self, wanted: Wanted, limit: float = DEADLINE, *, what: str = "") -> float:
        """Wait until the text is on the screen or the condition holds, and return the seconds that it took."""
        holds = wanted if callable(wanted) else lambda: wanted in self.text
        begin = time.monotonic()
        while True:
            with self._news:
                seen = len(self.raw)
            if holds():
                return time.monotonic() - begin
            left = limit - (time.monotonic() - begin)
            if left <= 0:
                raise AssertionError(self._failure_text(f"not within {limit:g} s: {what or wanted!r}"))
            if self.process.poll() is not None and not self._reader.is_alive() and seen == len(self.raw):
                raise AssertionError(
                    self._failure_text(f"it has ended with {self.process.returncode}: {what or wanted!r}")
                )
            with self._news:
                if len(self.raw) == seen:
                    self._news.wait(min(left, 0.05))

    def wait(self, limit: float = DEADLINE) -> int:
        """Wait until the program has ended and its output was read. Return its exit status, as Popen gives it."""
        try:
            status = self.process.wait(limit)
        except subprocess.TimeoutExpired:
            raise AssertionError(self._failure_text(f"still running after {limit:g} s")) from None
        size = -1
        while size != len(self.raw):
            size = len(self.raw)
            with self._news:
                self._news.wait(0.05)
        return status

    def _failure_text(self, problem: str) -> str:
        frame = "─" * self.screen.columns
        return f"{problem}\n{frame}\n{self.text}\n{frame}\n{self.stacks()}\nlast drawn: {bytes(self.raw[-1500:])!r}"

    # Its processes

    def living(self) -> list[int]:
        return marked_with(self.mark)

    def program(self) -> list[int]:
        """Return the processes of the observed program, or of one that runs here by itself."""
        words: dict[int, bytes] = {}
        for pid in self.living():
            with suppress(OSError):
                words[pid] = Path(f"/proc/{pid}/cmdline").read_bytes()
        observers = {pid for pid, word in words.items() if b"rockproc" in word or b"keeper_process" in word}
        return sorted(words.keys() - observers)

    def stacks(self) -> str:
        return stacks(self.living(), self.stacks_folder)

    def kill(self, number: int = signal.SIGKILL) -> None:
        self.process.send_signal(number)

    def end(self) -> None:
        """Kill what is left."""
        with suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()
        self.close()


def stacks(pids: Sequence[int], folder: Path) -> str:
    """Return the stack of every thread of these processes; see `site/sitecustomize.py`."""
    out: list[str] = []
    for pid in pids:
        with suppress(OSError):
            words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
            out.append(f"process {pid} {state} {' '.join(words)[:200]}")
            out.append(_stack(pid, folder))
    return "\n".join(out)


def _stack(pid: int, folder: Path) -> str:
    """Return the stacks of one process. Processes are asked in turn, as a forked one writes into its parent's file."""
    caught = int(re.findall(r"SigCgt:\s*(\w+)", Path(f"/proc/{pid}/status").read_text())[0], 16)
    if not caught >> (signal.SIGUSR2 - 1) & 1:
        return "  (no stack)"
    before = {path: path.stat().st_size for path in folder.iterdir()}
    os.kill(pid, signal.SIGUSR2)
    grown = ""
    for _ in range(40):
        time.sleep(0.05)
        now = "".join(path.read_bytes()[before.get(path, 0) :].decode(errors="replace") for path in folder.iterdir())
        if now and now == grown:
            break
        grown = now
    return grown
