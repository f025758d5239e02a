"""Libraries with their own copy of multiprocessing are observed as multiprocessing is, or named as not observed."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.probe.conftest import CURRENT, EDGES, PYTHONS, Outcome, Ways, every_version, python, ways

PROGRAM = """
    import multiprocessing
    import multiprocess
    import sys

    def work(tasks, results, lock, total):
        for number in iter(tasks.get, None):
            with lock:
                total.value += number
            results.put(number * number)

    def run(library):
        context = library.get_context(sys.argv[1])
        tasks, results = context.Queue(), context.Queue()
        lock, total = context.Lock(), context.Value("i")
        children = [context.Process(target=work, args=(tasks, results, lock, total)) for _ in range(2)]
        for child in children:
            child.start()
        for number in range(20):
            tasks.put(number)
        for child in children:
            tasks.put(None)
        print(sum(results.get() for _ in range(20)))
        for child in children:
            child.join(20)
        print(total.value, [child.exitcode for child in children])
        with context.Pool(2) as pool:
            print(pool.map(abs, [-1, 2, -3]))

    if __name__ == "__main__":
        run(multiprocessing)
        run(multiprocess)
"""


def copy_multiprocessing(version: str, name: str, folder: Path) -> None:
    """Copy the standard library's package, which then uses itself under its new name."""
    source = "import multiprocessing; print(multiprocessing.__path__[0])"
    place = subprocess.run([python(version), "-c", source], capture_output=True, text=True, check=True).stdout.strip()
    for path in Path(place).glob("*.py"):
        copy = folder / name / path.name
        copy.parent.mkdir(exist_ok=True)
        copy.write_text(re.sub(r"(?<!_)multiprocessing", name, path.read_text()))


def same(bare: Outcome, observed: Outcome) -> dict[str, Any]:
    assert (observed.stdout, observed.stderr, observed.status) == (bare.stdout, bare.stderr, bare.status)
    assert observed.report is not None
    return observed.report


@pytest.mark.parametrize(("version", "method"), ways(0, 2))
def test_a_copy_is_counted_as_multiprocessing_beside_it(version: str, method: str, run: Ways) -> None:
    copy_multiprocessing(version, "multiprocess", run.folder)
    program = str(run.write(PROGRAM))
    report = same(run.bare(version, program, method), run.observed(version, program, method))
    assert report["faults"] == []
    channels = {
        channel["name"]: (channel["put"], channel["got"]) for channel in report["channels"] if not channel["internal"]
    }
    assert channels == {"tasks": (22, 22), "tasks#2": (22, 22), "results": (20, 20), "results#2": (20, 20)}
    assert [(value["name"], value["writes"]) for value in report["values"]] == [("total", 20), ("total#2", 20)]
    assert [(lock["name"], lock["acquired"]) for lock in report["locks"] if lock["kind"] == "Lock"] == [
        ("lock", 20),
        ("lock#2", 20),
    ]
    assert [(pool["submitted"], pool["done"]) for pool in report["pools"]] == [(3, 3), (3, 3)]
    workers = [process for process in report["processes"] if process["target"] == "work"]
    assert [worker["exitcode"] for worker in workers] == [0, 0, 0, 0]
    # loky calls `pgrep` to end its workers.
    assert [process for process in report["coverage"]["unobserved"] if process["hides"]] == []


def test_objects_of_a_copy_s_manager_are_described(run: Ways) -> None:
    """The server of this manager never imports `multiprocessing.managers`."""
    copy_multiprocessing(CURRENT, "multiprocess", run.folder)
    program = str(
        run.write("""
        import multiprocess

        if __name__ == "__main__":
            with multiprocess.Manager() as manager:
                numbers, place = manager.dict(a=1), manager.Namespace()
                numbers["b"] = 2
                place.x = 3
                print(numbers, place.x)
        """)
    )
    report = same(run.bare(CURRENT, program), run.observed(CURRENT, program))
    assert report["faults"] == []
    [manager] = report["managers"]
    assert {item["name"]: item["value"] for item in manager["objects"]} == {
        "numbers": "{'a': 1, 'b': 2}",
        "place": "x=3",
    }


def test_an_unknown_copy_is_named(run: Ways) -> None:
    (run.folder / "vendored").mkdir()
    copy_multiprocessing(CURRENT, "billiard", run.folder / "vendored")
    run.write("", "vendored/multiprocess.py")  # no copy: only called like one
    program = str(run.write("import vendored.billiard, vendored.multiprocess"))
    report = same(run.bare(CURRENT, program), run.observed(CURRENT, program))
    assert report["faults"] == ["failed tap: vendored.billiard"]


@pytest.mark.parametrize("version", every_version(EDGES[0], EDGES[-1]))
def test_compiler_warnings_appear_as_without_the_probe(version: str, run: Ways) -> None:
    """Python compiles a module once, and then finds its code in the cache."""
    copy_multiprocessing(version, "multiprocess", run.folder)
    with (run.folder / "multiprocess/queues.py").open("a") as module:
        module.write("\ndef odd(number):\n    return number is 1\n")
    program = str(run.write("import multiprocess.queues"))
    run.environment["PYTHONDONTWRITEBYTECODE"] = "1"
    bare, observed = run.bare(version, program), run.observed(version, program)
    assert bare.stderr.count("SyntaxWarning") == 1
    assert same(bare, observed)["faults"] == []
    del run.environment["PYTHONDONTWRITEBYTECODE"]
    run.bare(version, program)
    with (run.folder / "multiprocess/queues.py").open("a") as module:
        module.write("# so that it is woven anew\n")
    run.bare(version, program)
    bare, observed = run.bare(version, program), run.observed(version, program)
    assert bare.stderr == ""
    assert same(bare, observed)["faults"] == []


LOKY = """
    import time
    from {package} import get_reusable_executor

    def work(number):
        if number == 5:
            raise ValueError(number)
        return number

    class Odd(Exception):
        def __init__(self, code, text):
            super().__init__(text)

    def breaks():
        raise Odd(500, "server")

    if __name__ == "__main__":
        executor = get_reusable_executor(max_workers=2)
        futures = [executor.submit(work, number) for number in range(20)]
        print(futures[5].exception(), sum(each.result() for each in futures if each is not futures[5]))
        executor.shutdown(kill_workers=True)
        executor = get_reusable_executor(max_workers=2)
        print(type(executor.submit(breaks).exception()).__name__)
"""
LIBRARY = PROGRAM.replace("import multiprocess\n", "import {package} as multiprocess\n")
RELEASES = [
    ("loky==3.3.0", "loky", LOKY),
    ("loky==3.4.1", "loky", LOKY),
    ("loky==3.5.6", "loky", LOKY),
    ("loky", "loky", LOKY),
    ("joblib==1.3.2", "joblib.externals.loky", LOKY),
    ("joblib==1.4.2", "joblib.externals.loky", LOKY),
    ("joblib", "joblib.externals.loky", LOKY),
    ("multiprocess==0.70.17", "multiprocess", LIBRARY),
    ("multiprocess", "multiprocess", LIBRARY),
    ("billiard==4.2.1", "billiard", LIBRARY),
    ("billiard", "billiard", LIBRARY),
]


def install(version: str, requirement: str, folder: Path) -> Path:
    """Install a library into an environment of that Python, by the pip that comes with it.

    Some Pythons come without, and newer releases of pip do not install for older Pythons.
    """
    interpreter = folder / "bin" / "python"
    if subprocess.run([python(version), "-m", "venv", str(folder)], check=False, capture_output=True).returncode:
        subprocess.run([python(version), "-m", "venv", "--clear", "--without-pip", str(folder)], check=True)
        command = [sys.executable, "-m", "pip", "--python", str(interpreter), "install", "--quiet", requirement]
    else:
        command = [str(interpreter), "-m", "pip", "install", "--quiet", requirement]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"{requirement} cannot be installed: {done.stderr.strip().splitlines()[-1:]}")
    return interpreter


@pytest.mark.slow
@pytest.mark.parametrize("version", ["3.9", "3.13", "3.14"])
@pytest.mark.parametrize(("requirement", "package", "text"), RELEASES, ids=[release[0] for release in RELEASES])
def test_a_release_behaves_as_unobserved_and_is_counted(
    version: str,
    requirement: str,
    package: str,
    text: str,
    run: Ways,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    interpreter = install(version, requirement, tmp_path_factory.mktemp("environment"))
    monkeypatch.setitem(PYTHONS, version, interpreter)
    program = str(run.write(text.format(package=package)))
    bare, observed = run.bare(version, program, "fork"), run.observed(version, program, "fork")
    if bare.status and "RecursionError" in bare.stderr:
        assert observed.status == bare.status
        pytest.skip(f"{requirement} does not run on {version}")  # how deep the recursion gets differs each time
    report = same(bare, observed)
    if text is LOKY:
        assert report["faults"] == []
        pool = report["pools"][0]
        assert (pool["submitted"], pool["done"], pool["failed"]) == (20, 19, 1)
        (finding,) = [each for each in report["findings"] if each["rule"] == "executor-broken"]
        assert "could not be unpickled (TypeError: " in finding["message"]
    else:
        assert report["faults"] == (["failed tap: billiard.pool"] if package == "billiard" else [])
        counts = [
            (channel["put"], channel["got"])
            for channel in report["channels"]
            if channel["name"] in ("tasks", "tasks#2")
        ]
        assert counts == [(22, 22), (22, 22)]
    # loky calls `pgrep` to end its workers.
    assert [process for process in report["coverage"]["unobserved"] if process["hides"]] == []
