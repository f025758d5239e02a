"""The sentence of a finding must not be cut if the terminal has enough lines."""

import pytest
from msgspec.structs import replace
from rockproc.observer.model import Finding, Severity, Site, Verdict
from rockproc.widgets.bases.view import View
from rockproc.widgets.panels.finding_bar import finding_lines

from tests.fakes import snapshot

WHERE = Site("/home/you/two_locks.py", 36)
DEADLOCK = Finding(
    "deadlock",
    Severity.ERROR,
    Verdict.CERTAIN,
    "worker-1 waits to acquire b (two_locks.py:36), which worker-2 holds since two_locks.py:33; worker-2 waits to "
    "acquire a (two_locks.py:36), which worker-1 holds since two_locks.py:33",
    2.0,
    WHERE,
    advice="Take the locks in the same order everywhere",
)


def lines(finding: Finding, columns: int, height: int, *, one_file: bool = True) -> list[str]:
    processes = tuple(
        replace(process, line=Site(f"/home/you/{'two_locks' if one_file or index == 0 else 'other'}.py", 1))
        for index, process in enumerate(snapshot().processes)
    )
    view = View.of(replace(snapshot(), processes=processes), keys={"findings": "f"})
    return ["".join(text for text, _ in line) for line in finding_lines([finding], view, columns, height)]


@pytest.mark.parametrize(("columns", "height"), [(80, 24), (140, 40), (200, 60)])
def test_the_sentence_is_whole_and_has_its_key(columns: int, height: int) -> None:
    shown = lines(DEADLOCK, columns, height)
    assert shown[0].endswith("  f why ")
    assert all(len(line) <= columns for line in shown)
    text = " ".join(" ".join(shown).replace("f why", "").split())
    sentence = DEADLOCK.message.replace("two_locks.py", "")
    assert sentence in text
    assert (DEADLOCK.advice in text) == (height >= 30)


def test_the_file_is_named_where_there_are_several() -> None:
    assert "(two_locks.py:36)" in " ".join(lines(DEADLOCK, 140, 40, one_file=False))


def test_a_small_terminal_cuts_a_sentence_that_would_fill_it() -> None:
    long = replace(DEADLOCK, message="main waits for a worker. " * 40)
    assert len(lines(long, 80, 24)) == 6
    assert lines(long, 80, 24)[0].endswith("  f the whole text ")
    assert lines(long, 80, 24)[-1].rstrip().endswith("…")
    assert len(lines(long, 80, 12)) == 3


def test_a_long_advice_takes_several_lines() -> None:
    advice = "Let the process that puts end by itself, without terminate(): its feeder thread then writes it all. " * 2
    shown = lines(replace(DEADLOCK, advice=advice.strip()), 140, 40)
    assert len(shown) == 4
    assert " ".join(" ".join(shown[2:]).split()) == f"▸ {advice.strip()}"
    assert len(lines(replace(DEADLOCK, advice=advice.strip()), 80, 24)) == 2
