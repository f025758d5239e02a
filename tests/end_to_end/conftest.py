"""Fixtures for tests with real terminals and processes, which check that none of them is left."""

from __future__ import annotations

import os
import signal
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from rockproc.observer.keeper.session import MEMORY, OWNER, PREFIX

from tests.bytecode import bytecode_variables
from tests.end_to_end.terminal import COMMAND, Terminal, stacks
from tests.observer.conftest import MARK, marked_with

SITE = Path(__file__).parent / "site"
PROGRAMS = Path(__file__).parent / "programs"
SCENARIOS = Path(__file__).parents[2] / "scenarios"
LIMIT = 20.0
"""Seconds after the end of rockproc-tui in which nothing of its run may be left.

On an idle machine it takes less than 2 s (`tests/end_to_end/test_ends_well.py` prints how long); on a busy one, longer.
"""

Open = Callable[..., Terminal]


@pytest.fixture
def mark() -> str:
    """A text in the environment that identifies everything that the test starts."""
    return uuid.uuid4().hex


@pytest.fixture
def environment(tmp_path: Path, temporary: Path, mark: str) -> dict[str, str]:
    """The environment of a modern terminal, without variables of the terminal in which the tests run."""
    prefixes = ("PYTHON", "ROCKPROC", "TEXTUAL", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "VISUAL", "EDITOR")
    (tmp_path / "stacks").mkdir()
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(prefixes)},
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "PYTHONPATH": str(SITE),
        **bytecode_variables(),
        "TMPDIR": str(temporary),
        "ROCKPROC_STACKS": str(tmp_path / "stacks"),
        MARK: mark,
    }


def folders(mark: str) -> set[Path]:
    """Return the session folders of the runs with this mark that have not ended."""
    found: set[Path] = set()
    for pid in marked_with(mark):
        with suppress(OSError):
            for entry in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
                name, _, value = entry.partition(b"=")
                if name == b"ROCKPROC_SESSION":
                    found.add(Path(os.fsdecode(value.partition(b"\n")[0])))
    return found


def folders_of(pid: int) -> set[Path]:
    """Return the session folders that this process has made and that still exist."""
    found: set[Path] = set()
    for base in {MEMORY, Path(tempfile.gettempdir())}:
        for folder in base.glob(f"{PREFIX}*"):
            with suppress(OSError):
                if (folder / OWNER).read_text().split()[:1] == [str(pid)]:  # it may be empty for a moment
                    found.add(folder)
    return found


class Leftovers:
    """Finds processes and files that are left of what a test has started."""

    def __init__(self, mark: str, temporary: Path) -> None:
        self.mark, self.temporary = mark, temporary
        self.folders: set[Path] = set()
        self.pids: set[int] = set()

    def look(self) -> None:
        """Remember the session folders that there are now."""
        self.folders |= folders(self.mark)

    def left(self) -> list[str]:
        made = self.folders.union(*(folders_of(pid) for pid in self.pids), self.temporary.glob(f"{PREFIX}*"))
        return [
            *(f"process {pid} {_command(pid)}" for pid in marked_with(self.mark) if pid not in self.pids),
            *(f"folder {path.name}" for path in made if path.exists()),
        ]

    def gone_within(self, limit: float = LIMIT) -> float:
        """Wait until nothing is left, and return the seconds that it took. Fails after `limit` seconds."""
        begin = time.monotonic()
        while left := self.left():
            assert time.monotonic() - begin < limit, f"after {limit:g} s there are still {left}"
            time.sleep(0.02)
        return time.monotonic() - begin


def _command(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")[:200]
    return ""


@pytest.fixture
def leftovers(mark: str, environment: dict[str, str], temporary: Path) -> Iterator[Leftovers]:
    leftovers = Leftovers(mark, temporary)
    yield leftovers
    # A resource tracker that is hung up with its terminal, like everything in it, leaves the program's shared memory.
    (MEMORY / mark).unlink(missing_ok=True)
    try:
        leftovers.gone_within()
    except AssertionError as error:
        stack_texts = stacks(marked_with(mark), Path(environment["ROCKPROC_STACKS"]))
        for pid in marked_with(mark):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        raise AssertionError(f"{error}\n{stack_texts}") from None


@pytest.fixture
def open_terminal(environment: dict[str, str], mark: str, tmp_path: Path, leftovers: Leftovers) -> Iterator[Open]:
    """Open rockproc-tui with these arguments (or another `command`) in a terminal, in an empty folder."""
    opened: list[Terminal] = []
    home = tmp_path / "home"
    home.mkdir()

    def open_terminal(
        *words: str, command: tuple[str, ...] = COMMAND, more: dict[str, str] | None = None, **options: Any
    ) -> Terminal:
        options.setdefault("folder", home)
        terminal = Terminal([*command, *words], environment={**environment, **(more or {})}, mark=mark, **options)
        opened.append(terminal)
        leftovers.pids.add(terminal.process.pid)
        return terminal

    yield open_terminal
    leftovers.look()
    for terminal in opened:
        terminal.end()
