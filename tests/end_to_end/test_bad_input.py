"""The Lab shows any output and any end of a program, keeps its layout, and responds to keys."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.conftest import PROGRAMS, Open
from tests.end_to_end.terminal import Terminal

ANSWER = 5.0
"""Seconds within which a key must have its effect on a busy machine with a slow terminal. 0.1 s is usual."""


class Answers:
    """Measures the time from a key to its effect."""

    def __init__(self) -> None:
        self.took: list[float] = []

    def ask(self, terminal: Terminal) -> None:
        terminal.press("?")
        self.took.append(terminal.wait_for("type to search", ANSWER, what="the keys, asked for"))
        terminal.press("esc")
        terminal.wait_for(lambda: "type to search" not in terminal.text, ANSWER, what="the keys, put away")


@pytest.fixture
def answers(capsys: pytest.CaptureFixture[str]) -> Iterator[Answers]:
    answers = Answers()
    yield answers
    with capsys.disabled():
        print(f"\n  help after {', '.join(f'{took * 1000:.0f}' for took in answers.took)} ms")


def titles(terminal: Terminal) -> int:
    """Return the number of panels on the screen."""
    return sum(len(re.findall("(?:^|╭)─ ", row)) for row in terminal.rows)


def whole(terminal: Terminal, title: str, *, framed: bool = True) -> bool:
    """Return True if the header, the key bar and the frames of the panels are in their places."""
    rows = terminal.rows
    edges = "╭╮╰╯│─┤├ ▁▂▃▄▅▆▇█▔▕▎"
    width, height = terminal.screen.columns, terminal.screen.lines
    sides = {terminal.screen.buffer[row][column].data for row in range(5, height - 1) for column in (0, width - 1)}
    return (
        rows[0].startswith(f" {title} ")
        and "? help" in rows[-1]
        and (not framed or all(side in edges for side in sides))
    )


def check(terminal: Terminal, title: str, answers: Answers | None, *, framed: bool = True) -> None:
    """Check that the screen is intact and that no escape sequence of the program has reached the terminal.

    Args:
        terminal: the terminal.
        title: the title of the Lab.
        answers: measures the response to a key as well, unless it is None.
        framed: False if a panel is enlarged, so that its details are not in a frame.
    """
    if answers is not None:
        answers.ask(terminal)
    terminal.wait_for(lambda: whole(terminal, title, framed=framed), what="the screen whole")
    assert terminal.screen.title == ""
    assert not re.search(rb"\x1b\]\d*;?[^\x07\x1b]*(HIJACKED|SElKQUNLRUQ)", terminal.raw)
    for sequence in (b"\x1b[2J", b"\x1b[H", b"\x1b[31m", b"\x1bP1$r", b"\x9b31m", b"\x07\x08", "\u202e".encode()):
        assert sequence not in terminal.raw, sequence


def quit_from(terminal: Terminal) -> None:
    terminal.press("ctrl+q")
    assert terminal.wait() == 0
    assert terminal.restored


SHORT_LIVES = {
    "raises": ("raise ValueError('at [bold]once[/]')", "exit 1", "ValueError: at [bold]once[/]"),
    "empty": ("", "exit 0", "The program printed nothing."),
    "leaves": ("import os\nprint('so long')\nos._exit(7)", "exit 7", "so long"),
    "dies": ("import os\nprint('farewell', flush=True)\nos.kill(os.getpid(), 9)", "ended by SIGKILL", "farewell"),
    "asks": ("input('name? ')", "exit 1", "EOFError: EOF when"),
}


@pytest.mark.slow
def test_many_short_lived_processes_are_shown(open_terminal: Open, tmp_path: Path, answers: Answers) -> None:
    for name, (code, _, _) in SHORT_LIVES.items():
        (tmp_path / "home" / f"{name}.py").write_text(code)
    terminal = open_terminal(columns=140, rows=40)
    terminal.wait_for("CREATE")
    for name, (_, end, printed) in SHORT_LIVES.items():
        terminal.press("o")
        terminal.wait_for("Open a Python file")
        terminal.type(f"{name}.py")
        terminal.wait_for(lambda name=name: terminal.line("│ ", f"{name}.py"), what="what was typed")
        terminal.press("enter")
        terminal.wait_for(lambda name=name: terminal.rows[0].startswith(f" {name}.py"), what=f"the Lab on {name}.py")
        terminal.wait_for(lambda end=end: end in terminal.rows[0], what=f"{name}: {end}")
        terminal.wait_for(printed)
        check(terminal, f"{name}.py", answers)
        terminal.press("esc")
        terminal.wait_for("── Catalog")
    quit_from(terminal)


@pytest.mark.parametrize("count", [pytest.param(count, marks=pytest.mark.slow) for count in (30_000, 1_000_000)])
def test_a_million_lines_of_output_are_shown(count: int, open_terminal: Open, tmp_path: Path, answers: Answers) -> None:
    (tmp_path / "home" / "talks.py").write_text(f"for number in range({count}): print('line', number)")
    terminal = open_terminal("talks.py", columns=140, rows=40)
    terminal.wait_for(lambda: re.search(r"line \d", terminal.text), what="the first lines")
    for _ in range(3):
        answers.ask(terminal)
    terminal.wait_for(f"{count} lines", 50)
    terminal.wait_for(f"line {count - 12}")  # above the note that the program has ended
    check(terminal, "talks.py", answers)
    quit_from(terminal)


@pytest.mark.slow
def test_control_characters_of_a_program_are_not_sent_to_the_terminal(
    open_terminal: Open, tmp_path: Path, answers: Answers
) -> None:
    """The name of the file and an argument contain control characters, too."""
    name = "\x1b[31mred [bold]\u202e.py"
    (tmp_path / "home" / name).write_text((PROGRAMS / "hostile.py").read_text())
    terminal = open_terminal(name, "\x1b]0;HIJACKED\x07", columns=140, rows=40)
    title = r"\x1b[31mred [bold]\u202e.py"
    terminal.wait_for("ALL SAID")
    terminal.press("6", "enter")
    terminal.wait_for(lambda: titles(terminal) == 1, what="one panel")
    terminal.press("home")
    terminal.wait_for(r"\x1b[2J\x1b[H\x1b[31m\x1b]0;HIJACKED\x07")
    terminal.wait_for("[bold red]markup[/] [@click=app.quit]here[/]")
    terminal.wait_for(r"broken \xff\xfe\xc3(")
    terminal.press("end")  # a line that fills the screen comes before these
    terminal.wait_for(r"nothing\x00between")
    terminal.wait_for(lambda: terminal.line("main", "written") and not terminal.line("over"), what="what overwrites")
    for panel in ("6", "1", "2", "3", "4", "5"):
        terminal.press(panel)
        terminal.wait_for(lambda panel=panel: terminal.line(f"─ {panel} "), what=f"panel {panel}")
        if panel != "6":
            terminal.press("enter")
        terminal.press("down")
        terminal.wait_for(lambda: titles(terminal) == 1, what="one panel")
        check(terminal, title, None, framed=False)
        terminal.press("esc")
        terminal.wait_for(lambda: titles(terminal) > 4, what="all the panels")
    for drawer, heading in (("f", "7 Findings"), ("v", "Source"), ("@", "Command log")):
        terminal.press(drawer)
        terminal.wait_for(lambda heading=heading: terminal.line(f"─ {heading}"), what=f"the drawer {heading}")
        check(terminal, title, None)
        terminal.press("esc")
        if heading != "Source":  # which stays where there is room for it
            terminal.wait_for(lambda heading=heading: not terminal.line(f"─ {heading}"), what=f"no drawer {heading}")
    check(terminal, title, answers)
    quit_from(terminal)


@pytest.mark.slow
def test_messages_that_cannot_be_printed_are_shown(open_terminal: Open, answers: Answers) -> None:
    terminal = open_terminal(str(PROGRAMS / "messages.py"), columns=140, rows=40)
    terminal.wait_for("TOOK ALL", 30)
    terminal.wait_for("WITHIN A MINUTE")
    terminal.wait_for(lambda: terminal.line("parcels ▸ taker", "b'xxxx", "48M"), what="the big message")
    terminal.wait_for(lambda: terminal.line("parcels ▸ taker", "None"), what="the last message")
    terminal.wait_for(lambda: "exit 0" in terminal.rows[0], what="the end")
    check(terminal, "messages.py", answers)
    quit_from(terminal)


@pytest.mark.slow
def test_two_hundred_children_are_shown(open_terminal: Open, answers: Answers) -> None:
    terminal = open_terminal(str(PROGRAMS / "crowd.py"), columns=140, rows=40)
    terminal.wait_for("201 processes", 30)
    terminal.press("end", "t")
    terminal.wait_for(lambda: terminal.line("Process-200", "SIGTERM"), what="the last child terminated")
    terminal.press("T")
    terminal.wait_for(lambda: "ended by SIGTERM" in terminal.rows[0], what="the end of all")
    check(terminal, "crowd.py", answers)
    quit_from(terminal)


@pytest.mark.slow
def test_a_program_that_bypasses_multiprocessing_is_shown(
    open_terminal: Open, tmp_path: Path, answers: Answers
) -> None:
    terminal = open_terminal(str(PROGRAMS / "odd.py"), columns=140, rows=40)
    terminal.wait_for(lambda: terminal.line("fork of", "forked: here"), what="what the fork prints")
    terminal.wait_for("3 processes")
    (tmp_path / "home" / "end").touch()
    terminal.wait_for(lambda: terminal.line("main", "main: ends"), what="what main prints at the end")
    terminal.wait_for(lambda: re.search("fork of main +[0-9]+ .*(exit 5|ended)", terminal.text), what="its end")
    terminal.wait_for(lambda: re.search("main +[0-9]+ .*exit 0", terminal.text), what="the end of main")
    terminal.wait_for("1 process ")  # the orphan, which is no Python any more, goes on
    check(terminal, "odd.py", answers)
    quit_from(terminal)


LATE = (
    sys.executable,
    "-c",
    "import os, time\n"
    "from rockproc.tui.cli.main import main\n"
    "from textual.drivers.linux_driver import LinuxDriver\n"
    "ask = LinuxDriver._get_terminal_size\n"
    "def late(driver):\n"
    "    size = ask(driver)\n"
    "    while size == (39, 9) and ask(driver) == size:\n"
    "        open(os.environ['READ'], 'w').close()\n"
    "        time.sleep(0.01)\n"
    "    return size\n"
    "LinuxDriver._get_terminal_size = late\n"
    "raise SystemExit(main())",
)
"""Reports a terminal size only after the next one was reported, as can happen between two signals."""


@pytest.mark.slow
def test_an_outdated_terminal_size_is_replaced(open_terminal: Open, tmp_path: Path) -> None:
    read = tmp_path / "read"
    terminal = open_terminal(str(PROGRAMS / "life.py"), command=LATE, more={"READ": str(read)}, columns=80, rows=24)
    terminal.wait_for("not started")
    terminal.resize(39, 9)
    terminal.wait_for(read.exists)
    terminal.resize(100, 30)
    terminal.wait_for(lambda: "? help" in terminal.rows[-1], what="the keys in the last row")


@pytest.mark.slow
def test_a_terminal_that_is_too_small(open_terminal: Open, answers: Answers) -> None:
    terminal = open_terminal(str(PROGRAMS / "life.py"), columns=40, rows=10)
    terminal.wait_for("too small")
    terminal.wait_for("60×15")
    for columns, rows in ((80, 24), (140, 40), (60, 15), (39, 9), (200, 50), (1, 1), (100, 30)):
        terminal.resize(columns, rows)
        if columns < 60:
            terminal.wait_for(lambda: "not started" not in terminal.text, what="no panels")
            continue
        terminal.wait_for("not started")
        terminal.wait_for(lambda: "? help" in terminal.rows[-1], what="the keys in the last row")
        assert terminal.rows[0].startswith(" life.py")
    answers.ask(terminal)
    quit_from(terminal)


@pytest.mark.slow
def test_a_screen_without_colours_has_only_shades_of_grey(open_terminal: Open) -> None:
    terminal = open_terminal(str(PROGRAMS / "life.py"), more={"NO_COLOR": "1"}, columns=100, rows=30)
    terminal.wait_for("not started")
    terminal.wait_for("? help")
    cells = [terminal.screen.buffer[row][column] for row in range(30) for column in range(100)]
    colours = {colour for cell in cells for colour in (cell.fg, cell.bg) if colour != "default"}
    assert all(colour[0:2] == colour[2:4] == colour[4:6] for colour in colours), colours  # shades of grey
    # What is chosen can be told without colour.
    row = next(index for index, text in enumerate(terminal.rows) if re.match(r"[│ ]*main +\d", text))
    assert any(terminal.screen.buffer[row][column].bold or terminal.screen.buffer[row][column].reverse
               for column in range(100))  # fmt: skip
    quit_from(terminal)


def test_a_terminal_without_capabilities_is_refused(open_terminal: Open) -> None:
    terminal = open_terminal(more={"TERM": "dumb"})
    assert terminal.wait() == 2
    assert terminal.line("rockproc-tui: ", "TERM=dumb")
    assert b"\x1b" not in terminal.raw
