"""Details name the user's line that made an object first, and the line of the library second."""

from __future__ import annotations

from rockproc.observer.model import Process, SharedValue, Site
from rockproc.observer.model.keys import ProcessKey, ValueKey
from rockproc.widgets.bases.panel import made_at
from rockproc.widgets.bases.view import EMPTY_VIEW
from rockproc.widgets.formatting.cells import Cells
from rockproc.widgets.panels.process_detail import process_detail
from rockproc.widgets.panels.shared_detail import of_value

USER, LIBRARY = Site("/home/me/program.py", 12), Site("/lib/joblib/parallel.py", 120)
EXPECTED = "program.py:12, in a library at parallel.py:120"


def text(lines: list[Cells]) -> str:
    return "\n".join("".join(part for part, _ in line) for line in lines)


def test_the_line_of_the_library_comes_second() -> None:
    assert made_at(USER, LIBRARY) == EXPECTED
    assert made_at(USER, None) == "program.py:12"
    assert made_at(None, LIBRARY) == "?, in a library at parallel.py:120"
    assert made_at(None, None) == "?"


def test_details_name_both_lines() -> None:
    process = Process(ProcessKey(1), "worker", site=USER, library_site=LIBRARY)
    assert f"handle made at {EXPECTED}" in text(process_detail(process, EMPTY_VIEW))
    for kind in ("Value", "SharedMemory"):
        value = SharedValue(ValueKey(1), kind, "memory", "int", site=USER, library_site=LIBRARY)
        value.owner = ProcessKey(1)
        assert f"at {EXPECTED}" in text(of_value(value, EMPTY_VIEW, 80, written_out=False))
