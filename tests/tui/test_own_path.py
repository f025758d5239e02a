"""We must never import the program's modules in place of our own, and the program must find all of its modules."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

BROKEN = "raise SystemExit('this is the module of the program')\n"


@pytest.mark.parametrize("place", ["PYTHONPATH", "working directory"])
def test_modules_of_the_program_are_not_ours(place: str, tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    (theirs / "rich").mkdir(parents=True)
    (theirs / "rich/__init__.py").write_text(BROKEN)
    for name in ("psutil", "msgspec", "signal", "argparse", "platformdirs"):
        (theirs / f"{name}.py").write_text(BROKEN)
    (theirs / "mine.py").write_text("answer = 42\n")
    script = tmp_path / "script.py"
    script.write_text("import sys\ntry:\n    import psutil\nexcept SystemExit as error:\n    print(error)\n")
    environment = {**os.environ, **({"PYTHONPATH": str(theirs)} if place == "PYTHONPATH" else {})}
    done = subprocess.run(
        [sys.executable, "-m", "rockproc.tui", "run", str(script)],
        cwd=theirs if place == "working directory" else tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert "── " in done.stderr
    if place == "PYTHONPATH":
        assert done.stdout == "this is the module of the program\n"


@pytest.mark.parametrize("words", [["list"], ["run", "--timeout", "60", "{script}"]], ids=["list", "run"])
def test_the_working_directory_may_have_been_removed(words: list[str], tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("print('works')\n")
    removed = tmp_path / "removed"
    removed.mkdir()
    command = [sys.executable, "-m", "rockproc.tui", *(word.format(script=script) for word in words)]
    done = subprocess.run(
        ["/bin/sh", "-c", 'rmdir "$PWD" && exec "$@"', "sh", *command],
        cwd=removed,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert ("two_locks" if words == ["list"] else "works") in done.stdout
