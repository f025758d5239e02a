"""A keeper starts before it is known which program it will start."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from rockproc.observer.keeper.early_keeper import start_early, take_early
from rockproc.observer.run.prepared_program import PreparedProgram
from rockproc.observer.scenarios.launch import Launch

from tests.observer.conftest import wait_until

ALONE = """
from rockproc.observer.keeper.early_keeper import start_early, take_early
start_early()
session, keeper = take_early()
print(keeper.pid, session.path, flush=True)
import os
os._exit(0)
"""


def test_the_first_program_with_our_streams_gets_the_keeper(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("pass\n")
    start_early()
    first = PreparedProgram(Launch(str(program)), inherit=True)
    second = PreparedProgram(Launch(str(program)), inherit=True)
    try:
        assert take_early() is None
        assert first.keeper is not second.keeper
        assert first.session.path.is_dir()
        assert first.session.path != second.session.path
    finally:
        first.end()
        second.end()
    assert not first.session.path.exists()


def test_another_program_gets_a_keeper_of_its_own(tmp_path: Path) -> None:
    start_early()
    program = PreparedProgram(Launch(str(tmp_path / "program.py")))
    early = take_early()
    assert early is not None
    session, keeper = early
    assert program.keeper is not keeper
    program.end()
    keeper.end()
    assert not session.path.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_keeper_without_a_program_ends_with_us() -> None:
    printed = subprocess.run([sys.executable, "-c", ALONE], capture_output=True, text=True, check=True).stdout.split()
    wait_until(lambda: not Path(f"/proc/{printed[0]}").exists())
    assert not Path(printed[1]).exists()
