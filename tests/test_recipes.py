"""The recipes of CONTRIBUTING.md, followed literally in a copy of the project."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = ("probe", "observer", "widgets", "tui", "scenarios")
BLOCK = re.compile(r"^```(python|diff)\n# file: (\S+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)

PROGRAM = """
import asyncio
from rockproc.observer.findings import FindingTracker, rule_named
from rockproc.observer.model import Process, State, World
from rockproc.observer.scenarios.catalog import bundled, load
from rockproc.tui.actions.table import ACTIONS
from rockproc.tui.app.application import RockprocApp
from tests.fakes import FakeRun
from tests.tui.conftest import text_of
from rockproc.observer.scenarios.launch import Launch

(scenario,) = [scenario for scenario in bundled() if scenario.path.stem == "two_greetings"]
assert scenario.error is None and scenario.title == "Two greetings" and scenario.steps, scenario

assert [action.id for action in ACTIONS if "C" in action.keys.split(",")] == ["exit_codes"]
assert "more living children" in rule_named("many-children").explanation
main = Process(1, "main", pid=1, state=State.RUNNING)
world = World(processes={1: main})
FindingTracker(world).look()
assert not world.findings
for key in range(2, 600):
    world.processes[key] = Process(key, f"child-{key}", pid=key, parent=1, state=State.RUNNING)
FindingTracker(world).look()
assert [found.message for found in world.findings.values()] == ["main has 598 living children"]


async def press() -> None:
    app = RockprocApp(FakeRun, template=Launch(str(scenario.path)), opens=load(scenario.path))
    async with app.run_test(size=(140, 40)) as pilot:
        await app.workers.wait_for_complete()
        await pilot.pause()
        for _ in range(200):
            if "exit -15: 1" in text_of(app):
                break
            await pilot.pause(0.1)
        else:
            raise AssertionError(text_of(app))
        await pilot.press("C")
        await pilot.pause()
        assert app.focused.id == "exit_codes"


asyncio.run(press())
print("all recipes work")
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project after the recipes were followed."""
    root = tmp_path_factory.mktemp("recipes")
    for name in FOLDERS:
        shutil.copytree(ROOT / name, root / "rockproc" / name, ignore=shutil.ignore_patterns("__pycache__"))
    blocks = BLOCK.findall((ROOT / "CONTRIBUTING.md").read_text())
    assert {kind for kind, _, _ in blocks} == {"python", "diff"}
    for kind, name, text in blocks:
        path = root / "rockproc" / name
        if kind == "python":
            assert not path.exists()
            path.write_text(text)
        else:
            edit(path, text)
    return root


def edit(path: Path, change: str) -> None:
    """Replace the lines marked with a space or `-`, which must be there once, by those marked with a space or `+`."""
    lines = change.splitlines()
    assert all(line[0] in " +-" for line in lines)
    old, new = ("".join(f"{line[1:]}\n" for line in lines if line[0] in kept) for kept in (" -", " +"))
    before, found, after = path.read_text().partition(f"\n{old}")
    assert found, f"{path.name} has no lines {old!r}"
    assert f"\n{old}" not in after
    path.write_text(f"{before}\n{new}{after}")


def run_in(copy: Path, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a program that imports the changed copy of the project."""
    environment = {"PYTHONPATH": os.pathsep.join([str(copy), str(ROOT)]), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=copy,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_scenario_a_finding_and_a_drawer_work_at_once(copy: Path) -> None:
    done = run_in(copy, PROGRAM)
    assert done.stdout == "all recipes work\n", done.stderr


def test_the_scenario_runs_by_itself(copy: Path) -> None:
    command = [sys.executable, str(copy / "rockproc/scenarios/two_greetings.py")]
    environment = {**os.environ, "PYTHONUNBUFFERED": ""}  # otherwise the two lines can be mixed up
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert sorted(done.stdout.splitlines()) == ["hello, first", "hello, second"]


COUNTED = """
import sys
from rockproc.observer.run.run import Run
from rockproc.observer.scenarios.launch import Launch

run = Run(Launch(sys.argv[1]))
run.start()
assert run.ended.wait(60)
run.stop()
# With the forkserver there are helper processes besides these two.
checks = {process.role: process.alive_checks for process in run.snapshot().processes}
assert (checks["main"], checks["process"]) == (3, 0), checks
print("counted")
"""
ASKS = """
from multiprocessing import Process

if __name__ == "__main__":
    child = Process()
    child.start()
    child.join()
    print(*[child.is_alive() for _ in range(3)])
"""


def test_a_counter_counts(copy: Path, tmp_path: Path) -> None:
    program = tmp_path / "asks.py"
    program.write_text(ASKS)
    done = run_in(copy, COUNTED, str(program))
    assert done.stdout == "counted\n", done.stderr
