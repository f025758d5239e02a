"""Output that cannot be written must cause one line and an exit status."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from rockproc.observer.recording.block_file import BlockFile
from rockproc.observer.recording.format import Delta, End, Head, encode
from rockproc.observer.recording.schema import OutputLine

from tests.parameters import fast_first
from tests.tui.cli.conftest import Cli

Write = Callable[[str, str], Path]
FULL = Path("/dev/full")


@pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("words", [("list",), ("list", "--json"), ("run", "--json", "quiet.py")])
def test_a_full_disk_is_one_line(words: tuple[str, ...], cli: Cli, write: Write) -> None:
    write("quiet.py", "pass\n")
    with FULL.open("w") as full:
        done = cli(*words, capture_output=False, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 74
    assert done.stderr == "rockproc-tui: cannot write the output: No space left on device.\n"


@pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("words", [("--help",), ("check", "--help"), ("--version",)])
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_while_printing_help_is_one_line(
    words: tuple[str, ...], unbuffered: str, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)
    with FULL.open("w") as full:
        done = cli(*words, capture_output=False, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 74
    assert done.stderr == "rockproc-tui: cannot write the output: No space left on device.\n"


@pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full")
@pytest.mark.slow
def test_a_full_disk_while_writing_a_report_is_one_line(cli: Cli, write: Write) -> None:
    done = cli("run", "--report", FULL, write("quiet.py", "pass\n"))
    assert done.returncode == 74
    assert "Traceback" not in done.stderr
    assert "cannot write" in done.stderr


def test_a_closed_stdout_is_one_line(write: Write, tmp_path: Path) -> None:
    write("quiet.py", "pass\n")
    for words in (("list",), ("run", "--json", "quiet.py")):
        command = [sys.executable, "-m", "rockproc.tui", *words]
        code = f"import os; os.close(1); os.execv({sys.executable!r}, {command!r})"
        closed = [sys.executable, "-c", code]
        done = subprocess.run(closed, stderr=subprocess.PIPE, text=True, check=False, cwd=tmp_path)
        assert done.returncode == 2, words
        assert done.stderr.startswith("rockproc-tui: "), words
        assert done.stderr.count("\n") == 1, words


@pytest.mark.parametrize(
    "words", [("run", "--report", "pipe", "quiet.py"), ("replay", "pipe"), ("export", "pipe", "--to", "csv")]
)
def test_a_named_pipe_is_refused_and_not_waited_for(
    words: tuple[str, ...], cli: Cli, write: Write, tmp_path: Path
) -> None:
    write("quiet.py", "pass\n")
    os.mkfifo(tmp_path / "pipe")
    done = cli(*words)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1


@pytest.mark.slow
def test_a_report_can_be_written_to_a_pipe_of_the_shell(write: Write) -> None:
    script = write("quiet.py", "pass\n")
    reading, writing = os.pipe()
    command = [sys.executable, "-m", "rockproc.tui", "run", "--report", f"/dev/fd/{writing}", str(script)]
    process = subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        assert pipe.read().startswith('{\n  "schema": 1,')
    assert process.wait(30) == 0


def test_the_debug_log_has_versions_counts_and_tracebacks(cli: Cli, write: Write, tmp_path: Path) -> None:
    log = tmp_path / "debug.log"
    done = cli("run", "--debug", log, write("quiet.py", "import multiprocessing; multiprocessing.Queue().put(1)\n"))
    assert done.returncode == 0
    text = log.read_text()
    for part in ("rockproc-tui ", "msgspec ", "arguments: ['run'", "by kind: {", "'CHANNEL': 1", "main, pid "):
        assert part in text, part
    assert cli("run", "--debug", tmp_path / "no" / "log", "quiet.py").returncode == 2


@pytest.mark.parametrize("broken", ["channels.ChannelTracker.apply", "unshared.UnsharedTracker.look"])
def test_a_fault_of_the_observer_is_in_the_debug_log_and_makes_check_unsure(
    broken: str, write: Write, tmp_path: Path
) -> None:
    module, name, method = broken.split(".")
    script, log = write("quiet.py", "import multiprocessing; multiprocessing.Queue()\n"), tmp_path / "debug.log"
    code = (
        "import sys\n"
        f"from rockproc.observer.trackers.{module} import {name}\n"
        "def broken(self, *_): raise ValueError('made for a test')\n"
        f"{name}.{method} = broken\n"
        "from rockproc.tui.cli.main import main\n"
        f"sys.exit(main(['check', '--debug', {str(log)!r}, {str(script)!r}]))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 4, done.stderr
    assert "cannot tell: internal error: rockproc-tui had " in done.stderr
    assert "--debug FILE" in done.stderr
    assert "Traceback (most recent call last)" in log.read_text()
    assert "ValueError: made for a test" in log.read_text()


def test_an_export_to_a_terminal_has_no_control_characters(tmp_path: Path) -> None:
    hostile = "\x1b]52;c;SElKQUNLRUQ=\x07\x9b31m\u202e"
    path = tmp_path / "hostile.rockproc"
    line = Delta(since=0.0, at=1.0, full=True, output=[OutputLine(0.5, None, "stdout", hostile)])
    file = BlockFile.write(path)
    file.write_head(encode(Head(script=hostile)))
    file.append(encode([line]), 0.0, 1.0, 0, 1, line.has)
    file.finish(encode(End(at=1.0)), 1.0)
    for kind in ("csv", "json"):
        ours, theirs = os.openpty()
        command = [sys.executable, "-m", "rockproc.tui", "export", str(path), "--to", kind]
        done = subprocess.run(command, stdout=theirs, stderr=subprocess.PIPE, check=False, timeout=60)
        os.close(theirs)
        shown = os.read(ours, 65536)
        os.close(ours)
        assert done.returncode == 0, done.stderr
        assert b"SElKQUNLRUQ" in shown
        assert not {b"\x1b", b"\x07", "\x9b".encode(), "\u202e".encode()} & {
            part for part in (b"\x1b", b"\x07", "\x9b".encode(), "\u202e".encode()) if part in shown
        }
    piped = subprocess.run(command, capture_output=True, check=True, timeout=60)
    assert "\u202e".encode() in piped.stdout


@pytest.mark.parametrize("method", fast_first(["others may write", "a link"]))
def test_a_cache_of_others_is_named_and_not_used(
    method: str, cli: Cli, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    caches, place = tmp_path / "caches", tmp_path / "caches" / "rockproc"
    caches.mkdir()
    if method == "a link":
        (tmp_path / "elsewhere").mkdir()
        place.symlink_to(tmp_path / "elsewhere")
    else:
        place.mkdir()
        place.chmod(0o777)
    monkeypatch.setenv("XDG_CACHE_HOME", str(caches))
    done = cli("run", write("quiet.py", "pass\n"))
    assert done.returncode == 0
    assert f"rockproc-tui: The cache {place} is not used" in done.stderr
    assert not list(place.iterdir())
