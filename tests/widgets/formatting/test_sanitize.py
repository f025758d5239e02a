from __future__ import annotations

import pytest
from rockproc.widgets.formatting.sanitize import fit, sanitize, shorten, width, wrap


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain [bold]text[/bold]", "plain [bold]text[/bold]"),
        ("\x1b[2J\x07\x00", "\\x1b[2J\\x07\\x00"),
        ("a\tb", "a    b"),
        ("line\r\nnext", "line\\r\\nnext"),
        ("\udcff\udc80", "\\xff\\x80"),
        ("\ud800", "\\ud800"),
        ("\u202eevil\u200b", "\\u202eevil\\u200b"),
        ("\x9b31m", "\\x9b31m"),
        ("中文 é", "中文 é"),
    ],
)
def test_control_characters_are_escaped(raw: str, shown: str) -> None:
    assert sanitize(raw) == shown
    assert sanitize(raw).isprintable()


def test_a_long_text_is_cut_before_it_is_sanitized() -> None:
    assert sanitize("x" * 10_000_000, 10) == "x" * 10 + "…"


@pytest.mark.parametrize("text", ["", "abc", "中文中文", "a中b文c", "long enough to be cut", "é́́́"])
@pytest.mark.parametrize("cells", [0, 1, 2, 3, 5, 8])
@pytest.mark.parametrize("align", ["<", ">"])
def test_fit_is_exact(text: str, cells: int, align: str) -> None:
    assert width(fit(text, cells, align)) == cells


def test_fit_cuts_with_an_ellipsis_and_pads() -> None:
    assert fit("abcdef", 4) == "abc…"
    assert fit("ab", 4) == "ab  "
    assert fit("ab", 4, ">") == "  ab"


@pytest.mark.parametrize("cells", [1, 4, 10, 30])
def test_wrap_loses_nothing(cells: int) -> None:
    text = "some words, anextremelylongoneinbetween, 中文 and\nanother paragraph"
    lines = wrap(text, cells)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(width(line) <= max(cells, 2) for line in lines)


@pytest.mark.parametrize("cells", range(1, 30))
@pytest.mark.parametrize("text", ["image-resizer-worker-12", "图像处理进程-12", "short"])
def test_a_long_name_is_shortened_in_the_middle(text: str, cells: int) -> None:
    shown = shorten(text, cells)
    assert width(shown) <= cells
    if width(text) <= cells:
        assert shown == text
    elif cells > 6:
        assert shown[0] == text[0]
        assert shown.endswith(text[-2:])
