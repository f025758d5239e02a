from __future__ import annotations

from rockproc.widgets.panels.lesson import Lesson, _paragraphs

TABLE = """Two steps.

| step | what happens |
| --- | --- |
| `start()` | the child **begins**, and that is a long text |
| join() | it ends |
"""


def test_a_table_keeps_its_rows() -> None:
    lesson = Lesson()
    lesson._paragraphs = _paragraphs(TABLE)
    assert [row.text for row in lesson._formatted(36)] == [
        "Two steps.",
        "",
        "step     what happens",
        "start()  the child begins, and that",
        "         is a long text",
        "join()   it ends",
    ]
