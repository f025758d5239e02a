"""The programs of `tests/cases`, started bare, left alone for three seconds and then attached to."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from rockproc.observer.attach.attachment import AttachError
from rockproc.observer.model import Snapshot
from rockproc.observer.run.attached import AttachedRun

from tests.cases.expected import CORRECT, EXPECTED, FAILING, METHODS
from tests.cases.test_cases import VERSIONS

from .conftest import Start, rules

LEFT_ALONE_SECONDS = 3.0
GIVE_UP_SECONDS = 30.0
BUSY_SECONDS = 120
_MAIN = re.compile(r"^if __name__ ?== ?['\"]__main__['\"]:\n", re.MULTILINE)
_FUTURE = re.compile(r"^from __future__ .*\n", re.MULTILINE)
FROM_OUTSIDE = {
    # Each wait ends by itself; that it is repeated in vain is seen only in a history.
    "event_never_set_by_the_failed": ("",),
    "polls_after_the_producer_died": ("",),
    "polls_dead_workers": ("",),
    "event_polled": ("",),
    "value_polled": ("",),
    # It ends by itself.
    "shared_connection": ("",),
}
"""The rules that may answer instead, for programs whose own rule needs the history of the run; "" for none."""


def program(path: Path, method: str) -> str:
    """Return the source of a program, with a default start method, which the program may change once."""
    source = _FUTURE.sub("", path.read_text())
    line = f"    mp.context._default_context._default_context = mp.context._concrete_contexts[{method!r}]\n"
    return _MAIN.sub(lambda found: found.group() + line, source)


def verdict(pid: int, *, until_found: bool = False) -> Snapshot | None:
    """Return the verdict of attaching after three seconds; None if the program has ended by then.

    Args:
        pid: the process.
        until_found: True to attach again until something is found: on a busy machine, the program may not hang yet.
    """
    deadline = time.monotonic() + GIVE_UP_SECONDS
    while True:
        time.sleep(LEFT_ALONE_SECONDS)
        try:
            run = AttachedRun(pid)
            try:
                found = run.read_verdict()
            finally:
                run.stop()
        except AttachError as error:
            if "has ended" in str(error) or "there is no process" in str(error):
                return None
            raise
        if not until_found or rules(found) or time.monotonic() > deadline:
            return found


def hanging() -> Iterator[object]:
    for name, expected in EXPECTED.items():
        for version in VERSIONS:
            for method in expected.methods:
                if expected.severity == "error" and version not in expected.not_on:
                    yield pytest.param(name, version, method, id=f"{name}-{version}-{method}")


@pytest.mark.slow
@pytest.mark.timeout(BUSY_SECONDS)
@pytest.mark.parametrize(("name", "version", "method"), hanging())
def test_a_program_that_hangs_is_explained(name: str, version: str, method: str, start: Start) -> None:
    pid = start(program(FAILING / f"{name}.py", method), version, method)
    found = verdict(pid, until_found="" not in FROM_OUTSIDE.get(name, ()))
    if found is None:
        pytest.skip("it has ended")
    answers = set(rules(found))
    others = FROM_OUTSIDE.get(name, ())
    assert answers == {EXPECTED[name].rule} or next(iter(answers), "") in others, [
        *(finding.message for finding in found.findings),
        *((process.name, [(wait.op, wait.object) for wait in process.waits]) for process in found.processes),
    ]


@pytest.mark.slow
@pytest.mark.timeout(BUSY_SECONDS)
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("path", CORRECT, ids=lambda path: path.stem)
def test_a_correct_program_has_no_error(path: Path, version: str, method: str, start: Start) -> None:
    found = verdict(start(program(path, method), version, method))
    if found is None:
        pytest.skip("it has ended")
    assert not rules(found), [finding.message for finding in found.findings]
