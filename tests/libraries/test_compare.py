"""The comparison of libraries' tests finds what differs, and what hangs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.libraries import outcome_log
from tests.libraries.compare import ALONE_TIMEOUT_SECONDS, Bench, Comparison, Pass, look_again


def test_the_log_has_each_outcome(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        "import os, pytest\n"
        "def test_passes(): pass\n"
        "def test_fails(): assert 0\n"
        "@pytest.fixture\n"
        "def broken(): yield; raise ValueError\n"
        "def test_fails_at_the_end(broken): pass\n"
        "def test_is_skipped(): pytest.skip()\n"
        "@pytest.mark.xfail\n"
        "def test_is_expected_to_fail(): assert 0\n"
        "def test_comes_back_as_a_fork():\n"
        "    if os.fork(): os.wait()\n"
        "def test_of_both(): pass\n"
        "def test_ends_the_interpreter(): os._exit(0)\n"
        "def test_never_begins(): pass\n"
    )
    (tmp_path / "outcome_log.py").write_text(Path(outcome_log.__file__).read_text())
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:rockproc", "-p", "outcome_log", "test_it.py"]
    subprocess.run(command, cwd=tmp_path, stdout=subprocess.DEVNULL, check=False)
    assert outcome_log.read(tmp_path / "outcomes.jsonl") == {
        "test_it.py::test_passes": "passed",
        "test_it.py::test_fails": "failed in call",
        "test_it.py::test_fails_at_the_end": "failed in teardown",
        "test_it.py::test_is_skipped": "skipped",
        "test_it.py::test_is_expected_to_fail": "skipped as expected",
        "test_it.py::test_comes_back_as_a_fork": "ended twice",
        "test_it.py::test_of_both": "began twice",
        "test_it.py::test_ends_the_interpreter": "began twice",
    }


class FakeBench(Bench):
    """Answers from a list instead of running anything."""

    def __init__(self, answers: dict[bool, list[str]]) -> None:
        self.answers = answers

    def run(self, tests: tuple[str, ...], limit: float, *, observed: bool) -> Pass:
        assert limit == ALONE_TIMEOUT_SECONDS
        return Pass({tests[0]: self.answers[observed].pop(0)}, ended=False)


def test_only_a_test_that_differs_in_every_repetition_is_reported() -> None:
    comparison = Comparison("loky", "3.7.0", "3.11", tests=3)
    flaky = FakeBench({False: ["passed", "no end", "passed"], True: ["failed in call"] * 2 + ["no end"]})
    look_again(comparison, flaky, "test_a", ("passed", "no end"))
    bug = FakeBench({False: ["passed"] * 3, True: ["failed in call", "no end", "no end"]})
    look_again(comparison, bug, "test_b[1|2]", ("passed", "no end"))
    assert comparison.row("new") == (
        "| loky | 3.7.0 | 3.11 | 3 | 1 | 1 "
        "| test_b[1\\|2] (passed → no end; alone: passed → failed in call or no end), test_a (flaky) |  | new |"
    )
