"""Programs with a known answer, most of them after public reports of real failures, and repaired twins of them."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cases.expected import CORRECT, EXPECTED, FAILING, METHODS
from tests.probe.conftest import PYTHONS, python

VERSIONS = [version for version in ("3.8", "3.11", "3.13", "3.14", "3.15") if version in PYTHONS]
WITH_ADDITIONS = ("3.11", "3.14")
"""The versions on which the failing programs are also run with each addition."""
LIMIT_SECONDS = 15
"""The time within which the verdict about a hanging program must be reached."""
LONG_LIMIT_SECONDS = 90
"""The same on a busy machine."""
CANNOT_TELL = 4
"""The exit status of `check` at the time limit."""
BUSY_SECONDS = 120
"""The longest time that one check may take, also on a busy machine."""
ADDITIONS = {
    "alone": "",
    "heartbeat": "import threading as _t, time as _s; "
    "_t.Thread(target=lambda: [_s.sleep(3) for _ in range(99)], daemon=True).start()",
    "handler": "import signal as _g; _g.signal(_g.SIGTERM, lambda *_: None)",
    "faulthandler": "import faulthandler as _f, signal as _g; _f.register(_g.SIGUSR1)",
}
"""Additions to the main block of a program that do not change that it fails."""
_MAIN = re.compile(r"^if __name__ ?== ?['\"]__main__['\"]:\n", re.MULTILINE)


def check(program: Path, version: str, method: str, limit: int) -> tuple[int, str, str]:
    """Return the exit status of `check`, its output, and the output of the program."""
    command = [sys.executable, "-m", "rockproc.tui", "check", "--python", python(version), "--start-method", method]
    done = subprocess.run(
        [*command, "--timeout", str(limit), str(program)],
        capture_output=True,
        text=True,
        timeout=BUSY_SECONDS,
        check=False,
    )
    return done.returncode, done.stderr, done.stdout


def failing() -> Iterator[object]:
    """Return parameters `name, version, method, addition`: each addition is combined with the other choices in turn."""
    for name, expected in EXPECTED.items():
        for addition in (added for added in ADDITIONS if added not in expected.silent_with):
            for version in VERSIONS:
                for method in expected.methods:
                    if version not in expected.not_on and (addition == "alone" or version in WITH_ADDITIONS):
                        yield pytest.param(name, version, method, addition, id=f"{name}-{version}-{method}-{addition}")


@pytest.mark.slow
@pytest.mark.timeout(2 * BUSY_SECONDS)
@pytest.mark.parametrize(("name", "version", "method", "addition"), failing())
def test_a_failing_program_is_explained(name: str, version: str, method: str, addition: str, tmp_path: Path) -> None:
    expected = EXPECTED[name]
    source = (FAILING / f"{name}.py").read_text()
    program = tmp_path / f"{name}.py"
    line = f"    {ADDITIONS[addition]}\n" if ADDITIONS[addition] else ""
    program.write_text(_MAIN.sub(lambda found: found.group() + line, source))
    status, said, printed = check(program, version, method, LIMIT_SECONDS)
    if status == CANNOT_TELL:  # the machine was busy
        status, said, printed = check(program, version, method, LONG_LIMIT_SECONDS)
    if expected.unless_printed and expected.unless_printed in printed:
        pytest.skip("it went well this time")
    lines = said.splitlines()
    # The advice is below the finding, or below several that share it.
    found = [
        " ".join([line, *[below for below in lines[at + 1 :] if below.startswith("  ")][:1]])
        for at, line in enumerate(lines)
        if f" {expected.severity}: {expected.rule}" in line
    ]
    assert found, said
    assert any(all(word in each for word in expected.words) for each in found), said
    assert status == expected.status, said


@pytest.mark.slow
@pytest.mark.timeout(BUSY_SECONDS + 10)
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("program", CORRECT, ids=lambda program: program.stem)
def test_a_correct_program_has_no_error(program: Path, version: str, method: str) -> None:
    status, said, _ = check(program, version, method, LONG_LIMIT_SECONDS)
    assert status == 0, said
    assert " error: " not in said
    assert "could not go on" not in said


def test_every_program_has_an_expectation() -> None:
    assert {each.stem for each in FAILING.glob("*.py")} == EXPECTED.keys()
