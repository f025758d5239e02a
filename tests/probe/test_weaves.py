"""Every tap fits the standard library of every CPython that is installed; one that does not fit is left out alone."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import cast

import pytest
from rockproc.probe import copies, importing, taps
from rockproc.probe.versions import TESTED
from rockproc.probe.weave import Weave

from tests.parameters import fast_first
from tests.probe.conftest import CURRENT, PROBE, Ways, python

WEAVE_ALL = """
import importlib, importlib.util, json, sys

folder = sys.argv[1]
spec = importlib.util.spec_from_file_location("probe", folder + "/__init__.py", submodule_search_locations=[folder])
sys.modules["probe"] = package = importlib.util.module_from_spec(spec)
spec.loader.exec_module(package)
compiling, taps = importlib.import_module("probe.compiling"), importlib.import_module("probe.taps")
failures = []
for name, tap in taps.MODULES.items():
    spec = importlib.util.find_spec(name)
    if spec is None and name in ("concurrent.interpreters",):  # new in 3.14
        continue
    path = spec.origin
    with open(path, "rb") as file:
        _, failed = compiling.weave_module(file.read(), path, importlib.import_module("probe.taps." + tap))
    failures += ["%s.%s: %s" % (name, *failure) for failure in failed]
print(json.dumps(failures))
"""


@pytest.mark.parametrize("version", TESTED)
def test_every_weave_fits(version: str) -> None:
    """The weaves are parsed and applied; nothing of the result is executed."""
    command = [python(version), "-B", "-c", WEAVE_ALL, str(PROBE)]
    assert json.loads(subprocess.run(command, capture_output=True, check=True).stdout) == []


def texts_of(weave: Weave) -> list[str]:
    """Return all texts that one weave adds to a function."""
    calls = cast("dict[str, str]", weave.calls)
    statements = cast("dict[str, str]", weave.statements)
    arguments = cast("dict[str, tuple[int, str]]", weave.arguments)
    replaced = [*calls.values(), *statements.values(), *(new for _, new in arguments.values())]
    return [weave.before, weave.after, weave.failed, weave.inside, *replaced]


def weaves() -> Iterator[tuple[str, str, Weave]]:
    """Yield the tap, the function and the weave of each function of the standard library and of the copies."""
    for tap in taps.MODULES.values():
        for function, weave in import_module(f"rockproc.probe.taps.{tap}").WEAVES.items():
            yield tap, function, weave
    for package in copies.ROOTS:
        described = copies.description(package)
        for module, changes in described.CHANGES.items():
            for function, weave in changes.items():
                if weave is not None:
                    yield described.MODULES[module], f"{package}.{module}.{function}", weave


def test_every_weave_calls_functions_that_its_tap_has() -> None:
    missing: list[str] = []
    for name, function, weave in weaves():
        tap = import_module(f"rockproc.probe.taps.{name}")
        importing.provide(tap)
        called = {found for text in texts_of(weave) for found in re.findall(r"\btap\.(\w+)", text)}
        missing += [f"{function}: {name}.{found}" for found in sorted(called) if not hasattr(tap, found)]
    assert missing == []


PROGRAM = """
    import multiprocessing as mp
    import sys

    def work(queue, number):
        for _ in range(3):
            queue.get()
        with number.get_lock():
            number.value += 1

    if __name__ == "__main__":
        mp.set_start_method(sys.argv[1])
        queue, number = mp.Queue(), mp.Value("i")
        child = mp.Process(target=work, args=(queue, number))
        child.start()
        for item in range(3):
            queue.put(item)
        child.join(20)
        print(child.exitcode, number.value)
"""


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A copy of the probe in which two weaves do not fit: one of a function, and one that a constant belongs to."""
    for path in PROBE.rglob("*.py"):
        text = path.read_text()
        text = text.replace("self._buffer.append(obj)", "self._buffer.add(obj)")
        text = text.replace('"    self.acquire()\\n"', '"    self.take()\\n"')
        copy = tmp_path / "broken" / path.relative_to(PROBE)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(text)
    return tmp_path / "broken"


@pytest.mark.parametrize("method", fast_first(["spawn", "fork"]))
def test_a_weave_that_does_not_fit_leaves_out_that_tap_alone(method: str, broken: Path, run: Ways) -> None:
    program = str(run.write(PROGRAM))
    bare, observed = run.bare(CURRENT, program, method), run.observed(CURRENT, program, method, probe=broken)
    assert (observed.stdout, observed.stderr, observed.status) == (bare.stdout, bare.stderr, bare.status)
    assert observed.report is not None
    assert observed.report["faults"] == [
        "failed tap: multiprocessing.queues.JoinableQueue.put",
        "failed tap: multiprocessing.queues.Queue.put",
        "failed tap: multiprocessing.sharedctypes.make_property",
    ]
    assert [finding["message"] for finding in observed.report["findings"] if finding["rule"] == "failed-tap"]
    (queue,) = (channel for channel in observed.report["channels"] if channel["name"] == "queue")
    assert queue["got"] == 3
    # Under spawn there is a resource tracker, too, which may be seen before or after the child.
    assert {"main", "Process-1"} <= {process["name"] for process in observed.report["processes"]}
