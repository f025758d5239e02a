"""A search must work in lists that stay the same and in lists that grow."""

from __future__ import annotations

from rockproc.widgets.bases.rows import Row
from rockproc.widgets.bases.searchable_panel import SearchablePanel
from rockproc.widgets.bases.stream_panel import StreamPanel
from rockproc.widgets.bases.view import View
from rockproc.widgets.formatting.cells import Cells
from textual import events
from textual.app import App, ComposeResult
from textual.pilot import Pilot


class Words(StreamPanel[str]):
    LIMIT = 100

    def cells(self, item: str) -> Cells:
        return ((item[:10], ""),)

    def text(self, item: str) -> str:
        return item


class Lines(SearchablePanel):
    def rows(self, view: View) -> list[Row]:  # noqa: ARG002
        return []


class Tiny(App[None]):
    CSS = "Lines, Words { height: 10; border: none; padding: 0; }"

    def compose(self) -> ComposeResult:
        yield Words(id="stream")
        yield Lines(id="lines")

    def on_key(self, event: events.Key) -> None:
        if isinstance(self.focused, Words | Lines) and self.focused.typed(event.key, event.character):
            event.prevent_default()


def drawn(widget: Words | Lines) -> list[str]:
    return [widget.render_line(y).text.rstrip() for y in range(widget.size.height)]


def marked(widget: Words | Lines, y: int) -> str:
    """Return the text of a line that is highlighted as a match."""
    grounds = [widget._roles()[role].bgcolor for role in ("match", "match-now")]
    return "".join(part.text for part in widget.render_line(y) if part.style and part.style.bgcolor in grounds)


async def search(pilot: Pilot[None], widget: Words | Lines, *keys: str) -> None:
    widget.focus()
    await pilot.pause()
    widget.open_prompt()
    await pilot.press(*keys)


async def test_search_moves_to_the_next_match_with_every_letter() -> None:
    async with Tiny().run_test(size=(40, 20)) as pilot:
        stream = pilot.app.query_one(Words)
        stream.extend(["alpha", "beta", "Alps", "gamma", "alpine"])
        stream.focus()
        await pilot.press("home")
        await search(pilot, stream, "a", "l", "p")
        assert (stream.cursor, stream.prompt_note()) == (0, "1/3")
        await pilot.press("s")
        assert (stream.cursor, stream.prompt_note()) == (2, "1/1")
        await pilot.press("backspace")
        assert (stream.cursor, stream.prompt_note()) == (0, "1/3")
        assert drawn(stream)[-1].startswith("/alp")
        await pilot.press("enter")
        assert [stream.find(1) and stream.cursor for _ in range(3)] == [2, 4, 0]
        assert [stream.find(-1) and stream.cursor for _ in range(2)] == [4, 2]
        assert [marked(stream, y) for y in range(5)] == ["alp", "", "Alp", "", "alp"]
        stream.close_prompt()
        assert [marked(stream, y) for y in range(5)] == [""] * 5
        assert stream.cursor == 2


async def test_esc_returns_to_the_start_of_the_search() -> None:
    async with Tiny().run_test(size=(40, 20)) as pilot:
        stream = pilot.app.query_one(Words)
        stream.extend([f"item {number}" for number in range(50)])
        await search(pilot, stream, *"item 7")
        assert (stream.cursor, stream.follow) == (7, False)
        await pilot.press("escape")
        assert (stream.cursor, stream.follow) == (49, True)
        stream.focus()
        await pilot.press("home", "down")
        await search(pilot, stream, *"4")
        await pilot.press("escape")
        assert stream.cursor == 1


async def test_search_continues_while_rows_are_added_and_dropped() -> None:
    async with Tiny().run_test(size=(40, 20)) as pilot:
        stream = pilot.app.query_one(Words)
        stream.extend([f"item {number}" for number in range(100)])
        await search(pilot, stream, *"9", "enter")
        assert stream.prompt_note().startswith("19/19")
        stream.extend(["item 99 again", "none"])
        assert stream.prompt_note().startswith("19/20")
        assert stream.find(1)
        assert stream.item == "item 99 again"
        # The oldest are forgotten: what is counted is what is there, and the cursor stays with its row.
        stream.extend([f"late {number}" for number in range(50)])
        assert stream.count() < 150
        assert stream.item == "item 99 again"
        texts = [stream.text(item) for item in stream._items]
        assert stream.prompt_note().endswith(f"/{sum('9' in text for text in texts)}  n N · esc")
        stream.clear()
        assert stream.prompt_note().startswith("no match")
        stream.extend(["9"])
        assert stream.find(1)


async def test_a_match_outside_the_visible_text_has_a_sign() -> None:
    async with Tiny().run_test(size=(40, 20)) as pilot:
        stream = pilot.app.query_one(Words)
        stream.extend(["0123456789 far away", "near"])
        await search(pilot, stream, *"away")
        assert stream.cursor == 0
        assert drawn(stream)[0].endswith("◂")


async def test_wide_characters_and_special_characters_are_found() -> None:
    async with Tiny().run_test(size=(40, 20)) as pilot:
        stream = pilot.app.query_one(Words)
        stream.extend(["中文a.b中", "ab", "\x1b[31m"])
        await search(pilot, stream, *"a.b")
        assert stream.prompt_note() == "1/1"
        assert marked(stream, 0) == "a.b"
        assert stream.render_line(0).cell_length == 40
        await pilot.press("ctrl+u", *"\\[")
        assert stream.prompt_note() == "no match"
        await pilot.press("ctrl+u", *"文")
        assert marked(stream, 0) == "文"


async def test_a_match_in_a_further_line_of_an_entry_chooses_the_entry() -> None:
    async with Tiny().run_test(size=(40, 20)) as pilot:
        lines = pilot.app.query_one(Lines)
        rows = [Row("a", (("entry a", ""),)), Row("a1", (("more of a", ""),), False), Row("b", (("entry b", ""),))]
        lines.set_rows(rows)
        await search(pilot, lines, *"more", "enter")
        assert (lines.cursor, lines.prompt_note()) == (0, "1/1  n N · esc")
        # Other rows come: the search is about them.
        lines.set_rows([Row("new", (("more is new", ""),)), *rows])
        assert lines.prompt_note().startswith("2 found") or lines.prompt_note().startswith("1/2")
        assert lines.find(1)


async def test_the_input_line_does_not_cover_the_last_row() -> None:
    async with Tiny().run_test(size=(40, 20)) as pilot:
        stream = pilot.app.query_one(Words)
        stream.extend([f"item {number}" for number in range(50)])
        await search(pilot, stream)
        stream.extend(["the last"])
        await pilot.pause()
        assert drawn(stream)[-2:] == ["the last", "/"]


async def test_a_paste_is_one_line() -> None:
    async with Tiny().run_test(size=(40, 20)) as pilot:
        stream = pilot.app.query_one(Words)
        stream.extend(["alpha", "beta"])
        await search(pilot, stream)
        stream.post_message(events.Paste("bet\nx"))
        await pilot.pause()
        assert (stream.prompt, stream.cursor) == ("bet", 1)
