"""The state of the interpreter is found in executables of every kind."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from rockproc.observer.attach import runtime_address
from rockproc.observer.attach.elf import addresses
from rockproc.observer.attach.interpreter import Interpreter, NotReadable
from rockproc.observer.attach.memory import ProcessMemory, read_mappings

from tests.observer.conftest import wait_until
from tests.probe.conftest import python

SYMBOL, SECTION = "_PyRuntime", ".PyRuntime"
STATIC = python("3.14")
"""A Python without a libpython."""


def copy(folder: Path) -> Path:
    """Return a copy of the executable whose name does not say that it is Python."""
    return Path(shutil.copy(Path(STATIC).resolve(), folder / "program"))


def interpreter_of(executable: Path, *, remove: bool = False) -> tuple[int, int]:
    """Run an executable that sleeps, and return the version that is read from it, or raise NotReadable."""
    home = str(Path(STATIC).resolve().parent.parent)
    command = [str(executable), "-S", "-c", "import time; print(flush=True); time.sleep(1000)"]
    environment = {**os.environ, "PYTHONHOME": home}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"\n"
            if remove:
                executable.unlink()
            with ProcessMemory(process.pid) as memory:
                return Interpreter(memory, read_mappings(process.pid)).version
        finally:
            process.kill()


def test_the_section_is_where_the_symbol_is() -> None:
    found = addresses(Path(STATIC).resolve(), (SYMBOL, SECTION))
    assert found[SYMBOL] == found[SECTION]


def test_a_stripped_executable_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime_address, "_RUNTIME", "a symbol that was removed")
    assert interpreter_of(copy(tmp_path)) == (3, 14)


def test_an_executable_is_read_that_was_deleted_or_replaced(tmp_path: Path) -> None:
    assert interpreter_of(copy(tmp_path), remove=True) == (3, 14)


def test_a_process_that_is_no_python_is_said_to_be_none() -> None:
    with subprocess.Popen(["sleep", "1000"]) as process:
        try:
            wait_until(lambda: b"sleep" in Path(f"/proc/{process.pid}/cmdline").read_bytes())
            with ProcessMemory(process.pid) as memory, pytest.raises(NotReadable, match="no Python process"):
                Interpreter(memory, read_mappings(process.pid))
        finally:
            process.kill()
