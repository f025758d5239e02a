"""`--record` writes an asciicast that shows, when it is played, what was seen on the screen."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pyte
import pytest

from tests.end_to_end.conftest import PROGRAMS, Open


class Cast:
    """A recording, played into a terminal event by event."""

    def __init__(self, path: Path) -> None:
        lines = path.read_text(encoding="utf-8").splitlines()
        self.header = json.loads(lines[0])
        self.events: list[tuple[float, str, str]] = [tuple(json.loads(line)) for line in lines[1:]]
        self.screen = pyte.Screen(self.header["width"], self.header["height"])
        self._stream = pyte.Stream(self.screen)
        self._next = 0

    @property
    def output(self) -> str:
        return "".join(data for _, code, data in self.events if code == "o")

    def play(self, stop: int | None = None) -> list[str]:
        """Play the events before this one, and return the rows of the screen then."""
        for _, code, data in self.events[self._next : stop]:
            if code == "o":
                self._stream.feed(data)
            elif code == "r":
                columns, rows = map(int, data.split("x"))
                self.screen.resize(rows, columns)
        self._next = len(self.events) if stop is None else stop
        return [row.rstrip() for row in self.screen.display]


def check(cast: Cast) -> None:
    """Check that a cast contains only what a player can show, and nothing that acts on the viewer's terminal."""
    assert (cast.header["version"], cast.header["env"]) == (2, {"TERM": "xterm-256color"})
    times = [time for time, _, _ in cast.events]
    assert times[0] == 0
    assert times == sorted(times)
    assert {code for _, code, _ in cast.events} <= {"o", "i", "r"}
    # Colours, places of the cursor, erasing, and the cursor hidden and shown: no queries, no titles, no clipboard.
    rest = re.sub(r"\x1b\[[0-9;]*[mHJK]|\x1b\[\?25[lh]", "", cast.output)
    assert all(character.isprintable() for character in rest), rest[:200]


def test_a_screencast_shows_the_screen(open_terminal: Open, tmp_path: Path) -> None:
    home = tmp_path / "home"
    terminal = open_terminal("--record", "out.cast", str(PROGRAMS / "life.py"), columns=100, rows=30)
    terminal.wait_for("not started")
    terminal.wait_for("● REC")
    (home / "start").touch()
    terminal.wait_for("join child")
    terminal.resize(80, 24)
    (home / "end").touch()
    (home / "reap").touch()
    terminal.wait_for(lambda: "exit 0" in terminal.rows[0], what="the end of the program")
    terminal.press("esc")
    terminal.wait_for("── Catalog")
    terminal.wait_for(lambda: terminal.text.count("Hello, process") == 2, what="the list and the page of its entry")
    terminal.press("o")
    terminal.wait_for("Open a Python file")
    terminal.type("a path of mine")
    terminal.wait_for("a path of mine")
    terminal.press("ctrl+q")
    assert terminal.wait() == 0
    assert terminal.restored

    cast = Cast(home / "out.cast")
    check(cast)
    assert (cast.header["width"], cast.header["height"]) == (100, 30)
    first = next(index for index, (_, code, _) in enumerate(cast.events) if code == "o")
    rows = cast.play(first + 1)
    assert "1 Processes" in rows[1]
    assert "? help" in rows[-1]
    assert all(f"\x1b[{number};1H" in cast.events[first][2] for number in range(1, 31))
    assert [data for _, code, data in cast.events if code == "r"] == ["80x24"]
    shown = "\n".join(cast.play(len(cast.events) - 1))
    assert "not started" not in shown
    assert cast.play() == terminal.rows, "the last frame is what was seen last"
    keys = "".join(data for _, code, data in cast.events if code == "i")
    assert keys == "\x1boa path of mine\x11"


@pytest.mark.slow
def test_a_crash_leaves_a_complete_screencast(open_terminal: Open, tmp_path: Path) -> None:
    terminal = open_terminal("--record", "out.cast", str(PROGRAMS / "life.py"), columns=100, rows=30)
    path = tmp_path / "home" / "out.cast"
    terminal.wait_for(lambda: path.exists() and "not started" in path.read_text(), what="the handle, in the recording")
    terminal.kill()
    terminal.wait()
    cast = Cast(path)
    check(cast)
    assert any("not started" in row for row in cast.play())


@pytest.mark.slow
def test_a_screencast_started_by_key_contains_no_hostile_output(open_terminal: Open, tmp_path: Path) -> None:
    home = tmp_path / "home"
    terminal = open_terminal(str(PROGRAMS / "hostile.py"), columns=140, rows=40)
    terminal.wait_for("ALL SAID")
    terminal.press("r")
    terminal.wait_for("● REC")
    terminal.press("y")  # what is copied goes to the terminal, not into the recording
    terminal.wait_for("Copied")
    terminal.press("r")
    terminal.wait_for(lambda: "● REC" not in terminal.text, what="the end of the recording")
    (path,) = home.glob("rockproc-*.cast")
    check(Cast(path))
    assert b"\x1b]52;" in terminal.raw
    terminal.press("ctrl+q")
    assert terminal.wait() == 0
