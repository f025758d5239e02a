"""Programs for the command line, and a way to call it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Cli = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], Path]:
    """Write a program into a folder of its own."""

    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    """Call `rockproc-tui` in that folder."""

    def cli(*words: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "rockproc.tui", *map(str, words)]
        options = {"cwd": tmp_path, "env": os.environ, "capture_output": True, **options}
        return subprocess.run(command, text=True, timeout=100, check=False, **options)

    return cli
