"""Every bundled scenario is readable by itself, and does what it says on every Python, by every start method."""

from __future__ import annotations

import ast
import re
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from rockproc.observer.findings.registry import explanations
from rockproc.observer.scenarios.catalog import GROUPS, load, metadata
from rockproc.observer.scenarios.steps import unknown
from rockproc.probe.versions import NEWEST, OLDEST

from tests.scenarios.alone import METHODS, SCENARIOS, Alone, alone, interpreters
from tests.scenarios.expected import EXPECTED, HANGING

FILES = sorted(path.name for path in SCENARIOS.glob("*.py"))
ENDING = [name for name in FILES if name not in HANGING]
PYTHONS = interpreters()
CURRENT = f"3.{sys.version_info.minor}"
EDGES = (OLDEST, NEWEST)
"""The oldest and the newest version."""

KINDS = {
    "Synchronized": "Value",
    "c_int": "Value",
    "c_double": "Value",
    "SynchronizedArray": "Array",
    "SynchronizedString": "Array",
}


def parse(name: str) -> ast.Module:
    return ast.parse((SCENARIOS / name).read_text(), feature_version=(3, 8))


def test_every_scenario_is_expected() -> None:
    assert sorted(EXPECTED) == FILES


@pytest.mark.parametrize("name", FILES)
def test_every_scenario_has_complete_metadata(name: str) -> None:
    path = SCENARIOS / name
    scenario = load(path)
    assert scenario.error is None
    assert scenario.title != name
    assert scenario.group in GROUPS[:6]
    assert scenario.requires == ">=3.8"
    assert len(scenario.text.split()) >= 40
    assert 2 <= len(scenario.steps) <= 4
    assert set(metadata(path.read_text())["tool"]["rockproc"]) == {"title", "group", "order", "try"}


def test_orders_follow_the_groups() -> None:
    scenarios = sorted((load(SCENARIOS / name) for name in FILES), key=lambda scenario: scenario.order)
    assert len({scenario.order for scenario in scenarios}) == len(FILES)
    places = [GROUPS.index(scenario.group) for scenario in scenarios]
    assert places == sorted(places)


@pytest.mark.parametrize("name", FILES)
def test_conditions_of_steps_name_existing_objects(name: str) -> None:
    expected = EXPECTED[name]
    for step in load(SCENARIOS / name).steps:
        see = step.see
        assert not unknown(see), step.do
        for word, names in (
            ("process", {"main", *expected.get("processes", ())}),
            ("channel", expected.get("channels", ())),
            ("value", {*expected.get("values", ()), *expected.get("segments", ())}),
            ("lock", expected.get("locks", ())),
            ("pool", expected.get("pools", ())),
        ):
            if word in see:
                assert see[word] in names or any(fnmatchcase(name, str(see[word])) for name in names), see
        if "finding" in see:
            assert see["finding"] in explanations()
        if "signal" in see:
            assert signal.Signals[str(see["signal"])]


@pytest.mark.parametrize("name", FILES)
def test_scenarios_import_only_the_standard_library(name: str) -> None:
    tree = parse(name)
    modules: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            modules.add(str(node.module))
    assert {module.partition(".")[0] for module in modules} <= sys.stdlib_module_names
    assert "set_start_method" not in ast.dump(tree)


@pytest.mark.parametrize("name", FILES)
def test_scenarios_can_be_imported_by_spawned_children(name: str) -> None:
    *above, last = parse(name).body
    assert isinstance(last, ast.If)
    assert ast.unparse(last.test) == "__name__ == '__main__'"
    for node in above:
        assert isinstance(node, (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.Assign, ast.Expr))


def python(version: str) -> Path:
    found = PYTHONS[version]
    if found is None:
        pytest.skip(f"no CPython {version} here")
    return found


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow if at % 2 else ()) for at, name in enumerate(ENDING)]
)
def test_a_scenario_runs_without_rockproc(name: str, tmp_path: Path) -> None:
    """The default run takes one way for every second scenario, in turn. A slow test takes all ways."""
    versions = (EDGES[0], CURRENT, EDGES[-1])
    turn = ENDING.index(name) // 2
    version, method = versions[turn % len(versions)], METHODS[turn // len(versions) % len(METHODS)]
    run_all([(version, method)], name, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("version", PYTHONS)
@pytest.mark.parametrize("name", ENDING)
def test_a_scenario_runs_on_every_version_and_start_method(name: str, version: str, tmp_path: Path) -> None:
    run_all([(version, method) for method in METHODS], name, tmp_path)


def run_all(ways: list[tuple[str, str]], name: str, folder: Path) -> None:
    interpreters = {version: python(version) for version, _ in ways}

    def run(way: tuple[str, str]) -> None:
        version, method = way
        with alone(name, folder / method, method=method, python=interpreters[version]) as running:
            assert running.wait() == 0, (way, running.stderr)
            assert running.stderr == "", way
            assert running.stdout
            running.until(lambda: not running.living(), f"the end of every process {way}")
            check(name, running)

    with ThreadPoolExecutor(len(ways)) as pool:
        list(pool.map(run, ways))


def check(name: str, run: Alone) -> None:
    """Compare the expected results with those that the main process knew at its end."""
    expected, ledger = EXPECTED[name], run.ledger
    kinds = {name: KINDS.get(str(kind), kind) for name, kind in ledger["kinds"].items()}

    ends = expected.get("processes", {})
    assert len(ends) == len(ledger["processes"]) or any(end.endswith("*") for end in ends)
    for child, code in ledger["processes"].items():
        (end,) = (end for pattern, end in ends.items() if fnmatchcase(child, pattern))
        assert code == (-signal.Signals[end] if isinstance(end, str) else end), child
    for channel, (kind, _, _) in expected.get("channels", {}).items():
        for end in channel.split(" ⇄ "):
            assert kinds[end] == ("Connection" if kind == "Pipe" else kind)
    assert set(ledger["values"]) == set(expected.get("values", {}))
    for value, (kind, content) in expected.get("values", {}).items():
        assert kinds[value] == kind
        assert content is None or ledger["values"][value] == content
    for segment, (kind, _) in expected.get("segments", {}).items():
        assert kinds[segment] == kind
    for lock, kind in expected.get("locks", {}).items():
        assert kinds[lock] == kind
    for pool, (kind, *_) in expected.get("pools", {}).items():
        assert kinds[pool] == kind


@pytest.mark.parametrize("method", METHODS)
def test_two_locks_ends_in_a_deadlock(method: str, tmp_path: Path) -> None:
    line = (SCENARIOS / "two_locks.py").read_text().splitlines().index("            with second:") + 1
    with alone("two_locks.py", tmp_path, method=method, python=python(CURRENT), pace=0.3) as run:
        run.until(lambda: "worker-2: turn 1, I have one lock" in run.stdout, "worker-2's first lock")

        def stuck() -> bool:
            return len(re.findall(rf'__enter__\n.*two_locks\.py", line {line} in work', run.stacks())) == 2

        run.until(stuck, "both workers wait for their second lock")
        printed = run.stdout
        assert stuck()
        assert run.stdout == printed
        assert run.process.poll() is None
        semaphores = run.semaphores()
    assert {path for path in semaphores if path.exists()} == set()


@pytest.mark.parametrize("method", METHODS)
def test_join_before_get_hangs(method: str, tmp_path: Path) -> None:
    with alone("join_before_get.py", tmp_path, method=method, python=python(CURRENT)) as run:
        run.until(lambda: "writer: I am done" in run.stdout, "the writer's last line")

        def stuck() -> bool:
            stacks = run.stacks()
            return " in _feed" in stacks and " in _finalize_join" in stacks

        run.until(stuck, "the writer waits for its feeder")
        assert stuck()
        assert not re.search("main: .* characters", run.stdout)
        assert run.process.poll() is None
        semaphores = run.semaphores()
    assert {path for path in semaphores if path.exists()} == set()
