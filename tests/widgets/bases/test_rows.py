from __future__ import annotations

from typing import Any

from rockproc.widgets.bases.rows import ListRows, Row
from rockproc.widgets.bases.stream_panel import StreamPanel
from rockproc.widgets.formatting.cells import Cells
from textual.app import App, ComposeResult
from textual.geometry import Region


class Numbers(StreamPanel[int]):
    LIMIT = 100

    def cells(self, item: int) -> Cells:
        return ((f"item {item}", ""),)


class Tiny(App[None]):
    def compose(self) -> ComposeResult:
        yield ListRows(id="list")
        yield Numbers(id="stream")

    CSS = "ListRows, Numbers { height: 10; border: none; padding: 0; }"


def rows(*texts: str) -> list[Row]:
    """Return rows for texts; a text in capitals is a heading."""
    return [Row(text, ((text, "heading" if text.isupper() else ""),), not text.isupper()) for text in texts]


def lines(widget: ListRows | Numbers) -> list[str]:
    return [widget.render_line(y).text.rstrip() for y in range(widget.size.height)]


class Painted(ListRows):
    """A list that records what it was asked to paint."""

    def __init__(self) -> None:
        super().__init__()
        self.painted: list[tuple[Region, ...]] = []

    def refresh(self, *regions: Region, **options: Any) -> Any:
        self.painted.append(regions)
        return super().refresh(*regions, **options)


async def test_each_row_is_one_line() -> None:
    async with Tiny().run_test(size=(40, 20)) as pilot:
        listed = pilot.app.query_one("#list", ListRows)
        listed.set_rows(rows("one", "two", "中文"))
        await pilot.pause()
        assert lines(listed)[:4] == ["one", "two", "中文", ""]
        assert all(listed.render_line(y).cell_length == 40 for y in range(10))


async def test_only_changed_rows_are_painted() -> None:
    class One(App[None]):
        def compose(self) -> ComposeResult:
            yield Painted()

    async with One().run_test(size=(40, 20)) as pilot:
        listed = pilot.app.query_one(Painted)
        listed.set_rows(rows("a", "b", "c"))
        await pilot.pause()
        listed.painted.clear()
        listed.set_rows(rows("a", "b", "c"))
        assert listed.painted == []
        listed.set_rows(rows("a", "x", "c"))
        assert [region.y for regions in listed.painted for region in regions] == [1]


async def test_the_cursor_passes_over_headings_and_stays_with_its_row() -> None:
    async with Tiny().run_test(size=(40, 20)) as pilot:
        listed = pilot.app.query_one("#list", ListRows)
        listed.set_rows(rows("HEAD", "a", "GAP", "b", "c"))
        assert listed.selected is not None
        assert listed.selected.key == "a"
        await pilot.press("down")
        assert listed.selected.key == "b"
        await pilot.press("up", "up")
        assert listed.selected.key == "a"
        listed.select("c")
        listed.set_rows(rows("new", "c", "HEAD", "b"))
        assert listed.selected.key == "c"
        listed.set_rows(rows("new", "HEAD", "b"))
        assert listed.selected is not None
        assert listed.selected.selectable
        listed.set_rows([])
        assert listed.selected is None
        listed.set_rows(rows("HEAD", "z"))
        assert listed.selected.key == "z"


async def test_the_first_row_comes_with_its_heading() -> None:
    async with Tiny().run_test(size=(40, 20)) as pilot:
        listed = pilot.app.query_one("#list", ListRows)
        listed.set_rows(rows("HEAD", *(f"r{number}" for number in range(30))))
        await pilot.pause()
        await pilot.press("end")
        assert listed.scroll_offset.y > 0
        await pilot.press("home")
        assert listed.scroll_offset.y == 0


async def test_a_click_selects_a_row() -> None:
    async with Tiny().run_test(size=(40, 20)) as pilot:
        listed = pilot.app.query_one("#list", ListRows)
        listed.set_rows(rows("HEAD", "a", "b"))
        await pilot.pause()
        await pilot.click(listed, offset=(2, 2))
        assert listed.cursor == 2
        await pilot.click(listed, offset=(2, 0))
        assert listed.cursor == 2


async def test_a_stream_follows_and_drops_old_items() -> None:
    async with Tiny().run_test(size=(40, 20)) as pilot:
        stream = pilot.app.query_one(Numbers)
        stream.extend(range(50))
        await pilot.pause()
        assert lines(stream)[-1] == "item 49"
        stream.extend(range(50, 300))
        await pilot.pause()
        assert stream.count() == 100
        assert lines(stream)[-1] == "item 299"
        assert stream.row(0).key == 200


async def test_a_stream_that_does_not_follow_stays_where_it_is() -> None:
    async with Tiny().run_test(size=(40, 20)) as pilot:
        stream = pilot.app.query_one(Numbers)
        stream.extend(range(100))
        stream.focus()
        await pilot.pause()
        await pilot.press("up")
        before = lines(stream)
        stream.extend(range(100, 105))
        assert stream.new_items_note == "↓ 5 new · end follows"
        assert lines(stream) == before
        # Old items go, and what is in view stays in view.
        stream.extend(range(105, 130))
        await pilot.pause()
        assert lines(stream) == before
        assert stream.item == 98
        await pilot.press("end")
        assert stream.follow
        assert stream.new_items_note == ""
        await pilot.pause()
        assert lines(stream)[-1] == "item 129"


async def test_scrolling_up_stops_following() -> None:
    async with Tiny().run_test(size=(40, 20)) as pilot:
        stream = pilot.app.query_one(Numbers)
        stream.extend(range(100))
        await pilot.pause()
        stream.on_mouse_scroll_up(None)  # type: ignore[arg-type]
        assert not stream.follow


async def test_a_stream_can_be_cleared() -> None:
    async with Tiny().run_test(size=(40, 20)) as pilot:
        stream = pilot.app.query_one(Numbers)
        stream.extend(range(100))
        await pilot.press("up")
        stream.clear()
        await pilot.pause()
        assert (stream.count(), stream.follow, lines(stream)[0]) == (0, True, "")


async def test_rows_below_the_last_selectable_row_are_shown_with_it() -> None:
    async with Tiny().run_test(size=(40, 20)) as pilot:
        listed = pilot.app.query_one("#list", ListRows)
        listed.set_rows(rows(*(f"r{number}" for number in range(30)), "GAP", "HEAD", "NONE"))
        await pilot.pause()
        await pilot.press("end")
        assert listed.cursor == 29
        assert lines(listed)[-4:] == ["r29", "GAP", "HEAD", "NONE"]
        # Never so much that the row itself goes out of view.
        listed.set_rows(rows("first", "last", *(f"N{number}" for number in range(30))))
        await pilot.press("home", "end")
        assert lines(listed)[0] == "last"


async def test_the_scrollbar_of_a_list_that_scrolls_before_it_shows_one() -> None:
    async with Tiny().run_test(size=(40, 20)) as pilot:
        listed = pilot.app.query_one("#list", ListRows)
        listed.set_rows(rows(*map(str, range(50))))
        listed.scroll_to(y=20, animate=False, force=True)
        await pilot.pause()
        assert (listed.scroll_y, listed.vertical_scrollbar.position) == (20, 20)
