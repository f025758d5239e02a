"""The default start method of an interpreter is known by its version."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from rockproc.observer.scenarios.default_start_method import default_start_method

from tests.scenarios.alone import interpreters

ASK = "import multiprocessing; print(multiprocessing.get_start_method())"


@pytest.mark.parametrize("version", interpreters())
def test_an_interpreter_agrees(version: str) -> None:
    python = interpreters()[version]
    if python is None:
        pytest.skip(f"no CPython {version} here")
    asked = subprocess.run([python, "-c", ASK], capture_output=True, text=True, check=True)
    assert default_start_method(str(python)) == asked.stdout.strip()


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ("home = /usr/bin\nversion = 3.14.1\n", "forkserver"),
        ("version_info = 3.8.18.final.0\n", "fork"),
        ("home = /usr/bin\n", None),
    ],
)
def test_a_virtual_environment_names_its_version(settings: str, expected: str | None, tmp_path: Path) -> None:
    (tmp_path / "pyvenv.cfg").write_text(settings)
    assert default_start_method(str(tmp_path / "bin/python")) == expected


def test_another_program_has_none() -> None:
    assert default_start_method("/bin/sh") is None
    assert default_start_method(sys.executable) is not None
