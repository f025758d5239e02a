"""`run` behaves like the program: its signals, its end, its arguments, its interpreter."""

from __future__ import annotations

import json
import os
import platform
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from rockproc.tui.cli.errors import UsageError
from rockproc.tui.cli.launching import launch_of
from rockproc.tui.cli.main import parse

from tests.parameters import fast_first
from tests.tui.cli.conftest import Cli

Write = Callable[[str, str], Path]

TIDY = """\
import atexit, signal, sys, time

def end(number, frame):
    print(signal.Signals(number).name, flush=True)
    sys.exit(7)

for name in ("SIGTERM", "SIGHUP", "SIGUSR1"):
    signal.signal(getattr(signal, name), end)
atexit.register(print, "atexit", flush=True)
try:
    print("ready", flush=True)
    while True:
        time.sleep(0.01)
finally:
    print("finally", flush=True)
"""
STUBBORN = """\
import signal, time
signal.signal(signal.SIGTERM, lambda *_: print("asked", flush=True))
print("ready", flush=True)
while True:
    time.sleep(0.01)
"""


class Started:
    """A `rockproc-tui run` in progress."""

    def __init__(self, *words: str | Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "rockproc.tui", "run", *map(str, words)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"

    def end(self) -> tuple[int, str, str]:
        """Return exit status, stdout and stderr."""
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out, err


@pytest.mark.parametrize("name", fast_first(["SIGTERM", "SIGHUP", "SIGUSR1"]))
def test_a_signal_reaches_the_program_and_its_status_is_passed_on(name: str, write: Write) -> None:
    run = Started(write("tidy.py", TIDY))
    run.process.send_signal(getattr(signal, name))
    status, out, err = run.end()
    assert (status, out) == (7, f"{name}\nfinally\natexit\n")
    assert "exit 7" in err


@pytest.mark.slow
def test_sigint_to_run_alone_reaches_the_program(write: Write) -> None:
    run = Started(write("tidy.py", TIDY))
    run.process.send_signal(signal.SIGINT)
    status, out, err = run.end()
    assert (status, out) == (130, "finally\natexit\n")
    assert "KeyboardInterrupt" in err


@pytest.mark.slow
def test_a_signal_to_the_whole_group_comes_once(write: Write) -> None:
    counts = write(
        "counts.py",
        "import signal, time\ncame = []\nsignal.signal(signal.SIGTERM, lambda *_: came.append(1))\n"
        "print('ready', flush=True)\nwhile not came: time.sleep(.01)\ntime.sleep(1.5)\nprint(len(came), flush=True)\n",
    )
    run = Started(counts)
    os.killpg(run.process.pid, signal.SIGTERM)
    assert run.end()[:2] == (0, "1\n")


def test_processes_left_after_the_grace_period_are_killed_and_named(write: Write) -> None:
    run = Started("--grace", "1", write("stubborn.py", STUBBORN))
    run.process.terminate()
    status, out, err = run.end()
    assert (status, out) == (128 + signal.SIGTERM, "asked\n")
    assert "rockproc-tui: killed what was left: main (" in err


@pytest.mark.early
def test_the_time_limit_gives_the_program_time_to_clean_up(write: Write) -> None:
    began = time.monotonic()
    run = Started("--timeout", "5", write("tidy.py", TIDY))
    status, out, err = run.end()
    assert (status, out) == (124, "SIGTERM\nfinally\natexit\n")
    assert "did not end by itself" in err
    assert time.monotonic() - began >= 5


def test_a_double_dash_after_the_file_is_removed() -> None:
    assert parse(["run", "x.py", "--", "--json"]).args == ("--json",)
    assert parse(["run", "x.py", "a", "--", "b"]).args == ("a", "--", "b")


@pytest.mark.slow
def test_a_misplaced_option_gives_a_hint(cli: Cli, write: Write) -> None:
    quiet = write("quiet.py", "pass\n")
    hint = f"rockproc-tui: --timeout stands after {quiet} and so belongs to the program. "
    assert cli("run", quiet, "--timeout", "3").stderr.startswith(hint)
    assert cli("run", quiet, "--timeout=3").stderr.startswith(hint.replace("--timeout", "--timeout=3"))
    assert "stands after" not in cli("run", quiet, "--other", "3").stderr
    assert "stands after" not in cli("run", quiet, "--", "--timeout", "3").stderr
    its_own = write("own.py", "import argparse\nargparse.ArgumentParser().add_argument('--timeout')\n")
    assert "stands after" not in cli("run", its_own, "--timeout", "3").stderr


def test_a_console_script_runs_with_the_interpreter_of_its_first_line(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "other").symlink_to(sys.executable)
    python = tmp_path / "bin/python3.9"
    python.symlink_to(sys.executable)
    text = "import sys\nprint(sys.argv[1:])\n"
    for name, first in {"direct": f"#!{python}\n", "env": "#!/usr/bin/env python3.9\n",
                        "long": f"#!/bin/sh\n'''exec' \"{python}\" \"$0\" \"$@\"\n' '''\n"}.items():  # fmt: skip
        (tmp_path / "bin" / name).write_text(first + text)
        (tmp_path / "bin" / name).chmod(0o755)
    (tmp_path / "bin/shell").write_text("#!/bin/sh\n")
    (tmp_path / "bin/shell").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    for name in ("direct", "env", "long"):
        launch = launch_of(parse(["run", name]), name)
        assert (launch.script, launch.python) == (str(tmp_path / "bin" / name), str(python)), name
    options = parse(["run", "--python", str(tmp_path / "other"), "direct"])
    assert launch_of(options, "direct").python == str(tmp_path / "other")
    with pytest.raises(UsageError, match="is not a Python script"):
        launch_of(parse(["run", "shell"]), "shell")
    assert cli("run", "direct", "a", "b").stdout == "['a', 'b']\n"


def test_a_relative_interpreter_is_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "python").symlink_to(sys.executable)
    monkeypatch.chdir(tmp_path / "here")
    script = tmp_path / "x.py"
    script.touch()
    assert launch_of(parse(["run", "--python", "../python", str(script)]), str(script)).python == str(
        tmp_path / "python"
    )


ORPHAN = """\
import os, time
if os.fork() == 0:
    if os.fork() == 0:
        time.sleep(1.5)
        os._exit(5)
    time.sleep(0.7)
    os._exit(4)
os.wait()
time.sleep(2)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the exit status of what others have collected")
def test_orphans_keep_their_parent_and_every_exit_status_is_known(cli: Cli, write: Write) -> None:
    report = json.loads(cli("run", "--json", write("orphan.py", ORPHAN)).stdout)
    main, child, orphan = report["processes"]
    assert (main["exitcode"], orphan["exitcode"]) == (0, 5)
    assert (child["parent"], orphan["parent"]) == (main["pid"], child["pid"])
    if tuple(map(int, platform.release().split(".")[:2])) >= (6, 15):
        assert child["exitcode"] == 4
