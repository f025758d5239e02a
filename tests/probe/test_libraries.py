"""An object that a library creates must get its name and line from the user's call, and the library's line second."""

from __future__ import annotations

from typing import Any

import pytest

from tests.probe.conftest import EDGES, Ways, edges

LIBRARY = """\
import multiprocessing


class Farm:
    def __init__(self):
        self.jobs = multiprocessing.Queue()
        self.lock = multiprocessing.Lock()
        self.pool = multiprocessing.Pool(1)
        self.count = multiprocessing.Value("i")
        self.child = multiprocessing.Process(target=self.jobs.put, args=(1,))

    def run(self):
        self.child.start()
        print(self.jobs.get(), self.pool.map(abs, [-1]))
        self.child.join()
        self.pool.terminate()
"""
PROGRAM = """\
import sys
sys.path.insert(0, "site-packages")
import farm


def main():
    made = farm.Farm()
    made.run()


if __name__ == "__main__":
    main()
"""


@pytest.mark.parametrize("version", edges(0))
def test_each_object_has_the_users_line_and_the_librarys_line(version: str, run: Ways) -> None:
    run.write(LIBRARY, "site-packages/farm.py")
    program = str(run.write(PROGRAM))
    report = run.observed(version, program, method="fork").report
    assert report is not None
    assert report["faults"] == []
    found = {
        (item["name"], item["site"], item["library_site"])
        for kind in ("channels", "locks", "values", "pools", "processes")
        for item in report[kind]
        if not item.get("internal") and item.get("role") != "main"
    }
    worker = next(
        process["name"] for process in report["processes"] if process["pid"] and process["name"].startswith("ForkPool")
    )
    here = "program.py:7"
    assert found == {
        ("Farm.jobs", here, "farm.py:6"),
        ("Farm.lock", here, "farm.py:7"),
        ("Farm.pool", here, "farm.py:8"),
        (worker, here, "farm.py:8"),
        ("Farm.count", here, "farm.py:9"),
        ("Farm.count.get_lock()", here, "farm.py:9"),
        ("Process-2", here, "farm.py:10"),
    }


def test_a_program_that_is_a_library_itself_has_its_own_lines(run: Ways) -> None:
    run.write(LIBRARY + "\n\nif __name__ == '__main__':\n    Farm().run()\n", "site-packages/farm.py")
    report = run.observed(EDGES[-1], str(run.folder / "site-packages" / "farm.py"), method="fork").report
    assert report is not None
    lines: list[Any] = [(lock["site"], lock["library_site"]) for lock in report["locks"] if lock["kind"] == "Lock"]
    assert lines == [("farm.py:7", None)]
