"""Modules that the end of a program with processes needs are imported while the program runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

CODE = """
import sys, threading
from rockproc.observer.scenarios.launch import Launch
from rockproc.tui.cli.import_ahead import MODULES, import_ahead
ended = threading.Event()
if sys.argv[2] == "ended":
    ended.set()
import_ahead(Launch(sys.argv[1]), ended)
modules = [f"rockproc.observer.{name}" in sys.modules for name in MODULES]
print("all" if all(modules) else "some" if any(modules) else "none")
"""


@pytest.mark.parametrize(
    ("source", "state", "found"),
    [
        ("import multiprocessing", "running", "all"),
        ("from concurrent.futures import ProcessPoolExecutor", "running", "all"),
        ("import multiprocessing", "ended", "none"),
        ("pass", "running", "none"),
    ],
)
def test_the_end_of_a_program_with_processes_is_prepared(tmp_path: Path, source: str, state: str, found: str) -> None:
    script = tmp_path / "program.py"
    script.write_text(source)
    words = [sys.executable, "-c", CODE, str(script), state]
    assert subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip() == found
