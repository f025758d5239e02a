from __future__ import annotations

from rockproc.widgets.source import colour, first_line_of_code, python_cells


def test_colours_lose_no_text() -> None:
    source = '"""Doc\nstring."""\n\ndef f(x):  # note\n    return "a\\n" + str(1)\n'
    lines = ["".join(text for text, _ in cells) for cells in colour(source)]
    assert lines == source.splitlines()


def test_what_a_text_is() -> None:
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
