"""A user chooses a scenario, watches it, acts on it, and goes back."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.end_to_end.conftest import PROGRAMS, SCENARIOS, Open
from tests.end_to_end.terminal import Terminal

IDLE = 60_000
"""The largest output a second while only clocks move. The content is 15,000 bytes; drawn in full at 12 Hz, 500,000."""

SIZES = [pytest.param(80, 24, id="80x24"), pytest.param(140, 40, id="140x40", marks=pytest.mark.slow)]


def choose(terminal: Terminal, title: str) -> None:
    """Narrow the Catalog down to one scenario and run it."""
    terminal.wait_for("CREATE")
    terminal.type(f"/{title}")
    terminal.wait_for(lambda: "CREATE" not in terminal.text and terminal.line(title), what=f"only {title}")
    terminal.press("enter")
    terminal.wait_for(lambda: "⏎ run" in terminal.rows[-1], what="the keys of the list")
    terminal.press("enter")
    terminal.wait_for(lambda: "── Catalog" not in terminal.rows[0], what="the Lab")


def leave(terminal: Terminal) -> None:
    """Go from the Lab to the Catalog, and quit."""
    terminal.press("esc")
    terminal.wait_for(lambda: "── Catalog" in terminal.text or "again ends it" in terminal.text, what="back, or asked")
    if "again ends it" in terminal.text:
        terminal.press("esc")
    terminal.wait_for("── Catalog")
    terminal.press("q")
    assert terminal.wait() == 0
    assert terminal.restored


def select(terminal: Terminal, name: str) -> None:
    """Move the cursor of the list of processes to a process, which the title of the panel then names."""

    def chosen() -> str:
        found = re.search(r"─ 1 Processes .*? ▸ (\S+)", terminal.text)
        return found[1] if found else ""

    terminal.press("home")
    terminal.wait_for(lambda: chosen() == "main", what="the cursor on main")
    for _ in range(12):
        if chosen() == name:
            return
        before = chosen()
        terminal.press("down")
        terminal.wait_for(lambda before=before: chosen() != before, what=f"the cursor on {name}, not {before}")
    pytest.fail(f"no process {name}\n{terminal.text}")


@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_a_scenario_is_run_and_its_messages_are_shown(columns: int, rows: int, open_terminal: Open) -> None:
    terminal = open_terminal(columns=columns, rows=rows)
    terminal.wait_for(lambda: terminal.rows[0].startswith(" rockproc ── Catalog"), what="the header")
    terminal.wait_for(lambda: "? help" in terminal.rows[-1], what="the keys")
    assert terminal.alternate
    for seen in ("CREATE", "COMMUNICATE", "Subclass Process", "Queue", "Manager"):
        terminal.wait_for(seen)
    terminal.press("end")
    terminal.wait_for(lambda: terminal.line("BREAK") and terminal.line("join() before get()"), what="the last")
    terminal.wait_for("Two locks, two orders")

    terminal.type("/queue")
    terminal.wait_for(lambda: not terminal.line("BREAK") and not terminal.line("CREATE"), what="what matches queue")
    terminal.wait_for("COMMUNICATE")
    terminal.press("enter")
    terminal.wait_for(lambda: "⏎ run" in terminal.rows[-1], what="the keys of the list")
    terminal.press("enter")
    terminal.wait_for(lambda: terminal.rows[0].startswith(" queue_basics.py"), what="the Lab")
    terminal.wait_for(lambda: terminal.line("producer ▸ tasks", "{'job': 1}"), what="a message that was put")
    terminal.wait_for(lambda: terminal.line("tasks ▸ consumer", "{'job': 1}"), what="a message that was got")
    for name in ("main", "├ producer", "└ consumer"):
        terminal.wait_for(lambda name=name: re.search(rf"{name} +\d+ [●◌]", terminal.text), what=name)
    leave(terminal)


@pytest.mark.slow
def test_signals_change_the_state_of_processes(open_terminal: Open, tmp_path: Path) -> None:
    """The producer is frozen: main waits in its join, so a consumer that has ended stays a zombie."""
    text = (SCENARIOS / "queue_basics.py").read_text()
    (tmp_path / "long.py").write_text(text.replace("range(1, 11)", "range(1, 101)"))
    terminal = open_terminal(str(tmp_path / "long.py"), columns=140, rows=40)
    terminal.wait_for(lambda: terminal.line("tasks ▸ consumer", "{'job': 1}"), what="a message that was got")

    select(terminal, "producer")
    terminal.press("z")
    terminal.wait_for(lambda: terminal.line("├ producer", "stopped"), what="the producer stopped")
    select(terminal, "consumer")
    terminal.press("t")
    terminal.wait_for(lambda: terminal.line("└ consumer", "SIGTERM", "zombie, not joined"), what="the zombie")

    # A menu with every signal names its target and holds the view.
    select(terminal, "producer")
    terminal.press("x")
    terminal.wait_for(lambda: terminal.line("Send to producer"), what="the menu of signals")
    terminal.wait_for("SIGKILL")
    terminal.press("esc")
    terminal.wait_for(lambda: not terminal.line("SIGKILL"), what="the menu gone")

    terminal.press("9")
    terminal.wait_for(lambda: terminal.line("├ producer", "SIGKILL", "joined"), what="the producer killed and joined")
    terminal.wait_for(lambda: terminal.line("└ consumer", "SIGTERM", "joined"), what="the zombie joined")
    terminal.wait_for(lambda: "exit 0" in terminal.rows[0], what="the end of the program")

    terminal.press("@")
    terminal.wait_for("╭─ Command log")
    commands = [
        r"os\.kill\(\d+, signal\.SIGSTOP\)",
        r"consumer\.terminate\(\)",
        r"producer\.kill\(\)",
    ]
    terminal.wait_for(lambda: re.search(".*".join(commands), terminal.text, re.DOTALL), what="the log of it all")
    terminal.press("esc")
    terminal.wait_for(lambda: not terminal.line("╭─ Command log"), what="the log closed")
    leave(terminal)


@pytest.mark.slow
def test_each_state_of_a_process_is_shown(open_terminal: Open, tmp_path: Path) -> None:
    """The program continues when it finds a file, which the test creates once each of its states has been seen."""

    def go_on(name: str) -> None:
        (tmp_path / "home" / name).touch()

    terminal = open_terminal(str(PROGRAMS / "life.py"), columns=140, rows=40)
    terminal.wait_for(lambda: terminal.line("└ child", "not started"), what="the handle")
    terminal.wait_for(lambda: re.search(r"├0s─+", terminal.text), what="the timeline")
    assert terminal.written(1) < IDLE
    go_on("start")
    terminal.wait_for(lambda: re.search(r"└ child +\d+ ●.* running", terminal.text), what="the child's birth")
    terminal.wait_for(lambda: terminal.line("main", "join child"), what="the wait in join")

    select(terminal, "child")
    terminal.press("z")
    terminal.wait_for(lambda: terminal.line("└ child", "stopped"), what="the child stopped")
    go_on("end")
    terminal.press("z")
    terminal.wait_for(lambda: terminal.line("├ child", "exit 3", "joined"), what="the end of the child that goes on")
    terminal.wait_for(lambda: terminal.line("└ forgotten", "exit 4", "zombie, not joined"), what="the zombie")
    terminal.wait_for(lambda: terminal.line("forgotten", "forgotten: I end"), what="what it has printed")
    go_on("reap")
    terminal.wait_for(lambda: terminal.line("└ forgotten", "exit 4", "joined"), what="the end of the zombie")
    terminal.wait_for(lambda: "exit 0" in terminal.rows[0], what="the end of the program")
    terminal.press("@")
    commands = r"os\.kill\(\d+, signal\.SIGSTOP\).*os\.kill\(\d+, signal\.SIGCONT\)"
    terminal.wait_for(lambda: re.search(commands, terminal.text, re.DOTALL), what="the log of it")
    terminal.press("esc")
    terminal.wait_for(lambda: not terminal.line("╭─ Command log"), what="the log closed")
    leave(terminal)


@pytest.mark.slow
def test_a_file_of_the_user_is_listed_and_run(open_terminal: Open, tmp_path: Path) -> None:
    """The file is listed under "Yours" by its path, and can be run from the command line with arguments."""
    home = tmp_path / "home"
    (home / "mine.py").write_text(
        "import sys\nfrom multiprocessing import Pipe\n"
        "if __name__ == '__main__':\n    here, there = Pipe()\n"
        "    here.send(['sent by', sys.argv[1:]])\n    there.recv()\n"
    )
    shutil.copy(home / "mine.py", tmp_path / "other.py")
    terminal = open_terminal(columns=140, rows=40)
    terminal.wait_for("YOURS")
    terminal.press("end")
    terminal.wait_for("here, there = Pipe()")  # its source
    terminal.press("s", "s")
    terminal.wait_for(lambda: terminal.line("mine.py", "your file", "spawn"), what="another start method")
    terminal.press("enter")
    terminal.wait_for(lambda: re.search(r"mine.py · spawn ── ■ \S+ exit 0", terminal.rows[0]), what="the end of it")
    terminal.wait_for("['sent by', []]")
    terminal.press("esc")
    terminal.wait_for("── Catalog")

    terminal.press("o")
    terminal.wait_for("Open a Python file")
    terminal.type("nowhere.py")
    terminal.press("enter")
    terminal.wait_for(lambda: terminal.line("nowhere.py: "), what="why it is not opened")
    terminal.press("esc")
    terminal.wait_for(lambda: not terminal.line("Open a Python file"), what="the question gone")
    terminal.press("o")
    terminal.wait_for("Open a Python file")
    terminal.type("../other.py")
    terminal.press("enter")
    terminal.wait_for(lambda: re.search(r"other.py · spawn ── ■ \S+ exit 0", terminal.rows[0]), what="the end of it")
    leave(terminal)


def test_the_lab_from_the_command_line(open_terminal: Open) -> None:
    terminal = open_terminal("--start-method", "forkserver", str(SCENARIOS / "gil.py"), "200000")
    terminal.wait_for(lambda: "gil.py 200000 · forkserver" in terminal.rows[0], what="the Lab on it")
    terminal.press("R")
    terminal.wait_for(lambda: re.search("── ● 00:0|exit 0", terminal.rows[0]), what="another run")
    terminal.press("S")
    terminal.wait_for(lambda: "■" in terminal.rows[0], what="the end of the run")
    leave(terminal)


@pytest.mark.slow
def test_keys_that_are_typed_ahead_are_handled_in_order(open_terminal: Open) -> None:
    terminal = open_terminal(columns=140, rows=40)
    terminal.wait_for("CREATE")
    terminal.type(f"o{SCENARIOS / 'queue_basics.py'}\r")
    terminal.wait_for(lambda: terminal.rows[0].startswith(" queue_basics.py"), what="the Lab")
    terminal.type("6/a\rn")
    terminal.wait_for(lambda: terminal.line("/a", "n N · esc"), what="the search in the output")
    terminal.press("esc")
    terminal.wait_for(lambda: not terminal.line("/a", "n N · esc"), what="no search any more")
    leave(terminal)


@pytest.mark.slow
def test_repeated_runs_keep_no_resources(open_terminal: Open, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "import multiprocessing as mp, os\n"
        "value = mp.Value('i')\n"
        "child = mp.Process(target=value.get_lock)\n"
        "child.start()\n"
        "child.join()\n"
        "print('run', os.getpid())\n"
    )
    terminal = open_terminal(str(program), columns=140, rows=40)

    def held() -> int:
        """Return files that exist only because they are open: a run's recording, and its arena of shared memory."""
        descriptors = Path(f"/proc/{terminal.process.pid}/fd").iterdir()
        return len([descriptor for descriptor in descriptors if "(deleted)" in str(descriptor.resolve())])

    seen: set[str] = set()
    for _ in range(5):
        terminal.wait_for(lambda: {*re.findall(r"run (\d+)", terminal.text)} - seen, what="another run")
        terminal.wait_for(lambda: "exit 0" in terminal.rows[0], what="its end")
        terminal.wait_for(lambda: held() == 2, what="only its own files")
        seen.update(re.findall(r"run (\d+)", terminal.text))
        terminal.press("R")
    assert len(seen) == 5
