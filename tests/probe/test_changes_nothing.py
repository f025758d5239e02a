"""A program cannot tell whether it is observed."""

from __future__ import annotations

import difflib
import re
from pathlib import Path

import pytest

from .conftest import Outcome, Ways, ways

PROGRAMS = Path(__file__).parent / "programs"


def normal(text: str) -> str:
    """Without what differs from run to run: addresses, pids, semaphores, the files to which the streams go."""
    return re.sub(r"(?<=0x)[0-9a-f]+|/\w+\.std(?=out|err)|(?<=pid=)\d+|(?<=/mp-)\w+|_fd=\d+|_handle=\d+", "…", text)


def changed(bare: str, observed: str) -> list[str]:
    """The lines that differ, and parts of long lines."""
    lines = [re.split(r"\n|(?<=,) (?=\S)", normal(text)) for text in (bare, observed)]
    return list(difflib.unified_diff(*lines, "bare", "observed", n=1, lineterm=""))


def same(bare: Outcome, observed: Outcome) -> None:
    assert observed.report is not None
    assert observed.report["faults"] == []
    changes = [*changed(bare.stderr, observed.stderr), *changed(bare.stdout, observed.stdout)]
    if bare.status != observed.status:
        changes.append(f"status {bare.status} → {observed.status}")
    if changes:
        pytest.fail("\n".join(changes), pytrace=False)


@pytest.mark.parametrize(("version", "method"), ways())
@pytest.mark.parametrize("name", [path.stem for path in sorted(PROGRAMS.glob("*.py"))])
def test_is_the_same(name: str, version: str, method: str, run: Ways) -> None:
    program = str(PROGRAMS / f"{name}.py")
    same(run.bare(version, program, method), run.observed(version, program, method))
