"""Long and equal names are distinguishable in the text of a report."""

from __future__ import annotations

from pathlib import Path

from rich.cells import cell_len
from rockproc.observer.decoding.shortening import shorten
from rockproc.observer.report.data import report
from rockproc.observer.report.text import report_text
from rockproc.observer.run.run import Run
from rockproc.observer.scenarios.launch import Launch

LONG = "a_name_that_is_much_longer_than_any_column_of_the_report_can_be"
PROGRAM = f"""
import multiprocessing as mp

def work(first, second):
    with first, second:
        pass

if __name__ == "__main__":
    {LONG}_1 = mp.Lock()
    {LONG}_2 = mp.Lock()
    for name in ("{LONG}-3", "{LONG}-4", "twin", "twin"):
        child = mp.Process(target=work, args=({LONG}_1, {LONG}_2), name=name)
        child.start()
        child.join()
"""


def test_long_and_equal_names_are_distinguishable(tmp_path: Path) -> None:
    script = tmp_path / "program.py"
    script.write_text(PROGRAM)
    run = Run(Launch(str(script)))
    run.start()
    assert run.ended.wait(60)
    made = report(run)
    run.stop()
    assert [lock.name for lock in made.locks] == [f"{LONG}_1", f"{LONG}_2"]
    names = [process.name for process in made.processes]
    assert names[-2:] == ["twin", "twin#2"]
    first_words = [line.split()[0] for line in report_text(made).splitlines() if line.startswith("     ")]
    for name in (f"{LONG}_1", f"{LONG}_2", f"{LONG}-3", f"{LONG}-4"):
        assert shorten(name, 60) in first_words


def test_the_middle_of_a_long_name_is_replaced() -> None:
    assert shorten("abcdefghij", 10) == "abcdefghij"
    assert shorten("abcdefghij", 7) == "abc…hij"
    assert shorten("abcdefghij", 6) == "abc…ij"
    assert shorten("abcdefghij", 3) == "ab…"
    assert shorten("abcdefghij", 1) == "…"
    assert shorten("abcdefghij", 0) == ""
    assert shorten("双双双双双", 7, cell_len) == "双双…双"
