"""A recording is complete after any end, and can be opened in another terminal."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.end_to_end.conftest import PROGRAMS, SCENARIOS, Open
from tests.end_to_end.terminal import COMMAND


def test_a_run_is_saved_and_replayed(open_terminal: Open, environment: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "life.rockproc"
    words = [*COMMAND, "run", "--save", str(path), "--report", "report.json", str(PROGRAMS / "messages.py")]
    subprocess.run(words, env=environment, cwd=tmp_path, check=True, timeout=50, capture_output=True)
    report = json.loads((tmp_path / "report.json").read_text())
    again = subprocess.run(
        [*COMMAND, "export", str(path), "--to", "json"], env=environment, cwd=tmp_path, check=True, capture_output=True
    )
    replayed = json.loads(again.stdout)["report"]
    for part in ("processes", "channels", "values", "locks", "exit", "records"):
        assert replayed[part] == report[part], part

    lab = open_terminal("replay", str(path))
    lab.wait_for("RECORDING")
    lab.press("space", "backspace")
    lab.wait_for("exit 0")
    lab.press("ctrl+q")
    assert lab.wait() == 0


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_recording_survives_the_end_of_rockproc(
    open_terminal: Open, environment: dict[str, str], tmp_path: Path, number: signal.Signals
) -> None:
    path = tmp_path / "x.rockproc"
    lab = open_terminal("--save", str(path), str(SCENARIOS / "two_locks.py"))
    lab.wait_for("waits to acquire b (two_locks.py:36), which worker-2 holds")
    size = path.stat().st_size
    lab.wait_for(lambda: path.stat().st_size > size)
    os.kill(lab.process.pid, number)
    lab.wait()
    csv = subprocess.run(
        [*COMMAND, "export", str(path), "--to", "csv"], env=environment, check=True, capture_output=True, text=True
    )
    assert "deadlock" in csv.stdout
    assert ("was not ended" in csv.stderr) == (number == signal.SIGKILL)
