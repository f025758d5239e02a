from __future__ import annotations

import pytest
from msgspec.structs import replace
from rockproc.observer.model import Site
from rockproc.widgets.bases.rows import length
from rockproc.widgets.bases.view import View
from rockproc.widgets.panels.source import _noted, _wrapped, colour, first_line_of_code, python_cells
from rockproc.widgets.panels.source_notes import joined, notes

from tests.fakes import SCRIPT, snapshot


def test_colours_lose_no_text() -> None:
    source = '"""Doc\nstring."""\n\ndef f(x):  # note\n    return "a\\n" + str(1)\n'
    lines = ["".join(text for text, _ in cells) for cells in colour(source)]
    assert lines == source.splitlines()


def test_roles_of_source_tokens() -> None:
    cells = dict(python_cells("os.kill(41, signal.SIGTERM)  # to worker-1"))
    assert cells["41"] == "number"
    assert cells["# to worker-1"] == "comment"


def test_no_control_character_is_left() -> None:
    for cells in colour("x = '\x1b[2J\x07'\n# \x00\udcff\n"):
        assert all(text.isprintable() for text, _ in cells)


def test_the_first_line_of_code() -> None:
    assert first_line_of_code("# a\n# b\n'''doc\nmore'''\n\nimport os\n") == 5
    assert first_line_of_code("import os\n") == 0
    assert first_line_of_code("'''only doc'''\n") == 0
    assert first_line_of_code("def (:\n") == 0


def test_a_line_has_a_note_of_the_objects_it_made() -> None:
    base = snapshot()
    locks = tuple(replace(lock, site=Site(SCRIPT, 7)) for lock in base.locks)
    values = (replace(base.values[0], site=Site("/elsewhere.py", 7)),)
    view = View.of(replace(base, locks=locks, values=values))
    found = notes(view, lambda site: site.path == SCRIPT)
    assert found[7] == ["lock_a held by worker-1 2.2s, 1 wait", "lock_b held by worker-2 2.2s, 1 wait", "ready set"]
    assert found[25] == ["tasks 3 in it"]
    assert found[33] == ["worker-3 SIGTERM"]
    assert found.keys() == {7, 25, 31, 32, 33}


@pytest.mark.parametrize(
    ("cells", "note"),
    [(60, "w-1 exit 0, w-2 exit 0, w-3 exit 0, and 1 more"), (30, "w-1 exit 0, and 3 more"), (12, "w-1 ex… more")],
)
def test_objects_without_room_in_a_note_are_counted(cells: int, note: str) -> None:
    assert joined([f"w-{number} exit 0" for number in range(1, 5)], cells) == note


@pytest.mark.parametrize("room", [20, 33, 60, 200])
def test_a_long_line_loses_nothing_when_it_takes_several_rows(room: int) -> None:
    code = next(
        iter(colour('    total = compute(first_argument, "second argument", another_one=[1, 2, 3])  # 和 note'))
    )
    text = "".join(part for part, _ in code)
    rows = _wrapped(code, room)
    assert all(length(row) <= room for row in rows)
    assert "".join("".join(part for part, _ in row).strip() for row in rows).replace(" ", "") == text.replace(" ", "")
    assert "".join(part for part, _ in rows[0]).startswith("    total")


def test_a_note_that_has_no_room_beside_the_code_stands_below_it() -> None:
    code = (("x = make_something_long(1, 2)", ""),)
    assert _noted([code], ["x int"], 60) == [(*code, ("   ", ""), ("◂ x int", "accent"))]
    long = ["an_object_with_a_name free", "another free"]
    assert _noted([code], long, 60)[1][-1][0] == "◂ an_object_with_a_name free, another free"  # it would be cut behind
    below = _noted([code], ["x int"], 40)
    assert below[0] == code
    assert below[1][-1] == ("◂ x int", "accent")
