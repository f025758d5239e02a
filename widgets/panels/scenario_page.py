"""The page of a scenario: its title, text, steps and source."""

from __future__ import annotations

from collections.abc import Set

from rockproc.observer.scenarios.catalog import Scenario
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Markdown, Static

from ..bases.bar import Bar
from ..bases.rows import length
from ..formatting.cells import Cells
from ..formatting.sanitize import sanitize, width, wrap
from .source import Source

_MARK_CELLS = 3
"""The cells of the box before a step."""
_ANY_CELLS = 10_000
"""The width that is assumed before the page has one."""


class ScenarioPage(Vertical):
    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.scenario: Scenario | None = None
        """The scenario that is described."""
        self._method = ""
        self._done: Set[int] = frozenset()

    def compose(self) -> ComposeResult:
        yield Bar(id="scenario-head")
        with VerticalScroll(id="scenario-about", can_focus=True):
            yield Markdown(id="scenario-text", open_links=False)
        yield Static(id="scenario-try")
        yield Source(id="scenario-source")

    async def show(self, scenario: Scenario | None, method: str, done: Set[int] = frozenset()) -> None:
        """Show a scenario.

        Args:
            scenario: the scenario; None if none is selected.
            method: the start method of its processes.
            done: the numbers of steps that were observed.
        """
        known, self.scenario, self._method = self.scenario, scenario, method
        self._show_head()
        if scenario == known:
            return
        self.query_one(Source).load(scenario.source if scenario else "")
        self._show_steps(scenario, done)
        self.query_one("#scenario-about").scroll_home(animate=False)
        await self.query_one(Markdown).update(_text(scenario))

    def scroll_page(self, step: int) -> None:
        """Scroll the text by a page, and the source once the end of the text is shown; upwards the other way round."""
        about, source = self.query_one("#scenario-about", VerticalScroll), self.query_one(Source)
        parts = (about, source) if step > 0 else (source, about)
        for part in parts:
            end = part.max_scroll_y if step > 0 else 0
            if round(part.scroll_y) != end:
                part.scroll_relative(y=step * max(part.scrollable_content_region.height - 1, 1), animate=False)
                break

    def on_resize(self) -> None:
        self.call_after_refresh(self._show_head)
        self.call_after_refresh(lambda: self._show_steps(self.scenario, self._done))

    def _show_head(self) -> None:
        """Show the title and as much of the rest as there is room for."""
        scenario, method = self.scenario, self._method
        head = self.query_one("#scenario-head", Bar)
        if scenario is None:
            head.set_cells((), ((f" {method} ", "accent"),))
            return
        group = "your file" if scenario.group == "yours" else scenario.group
        if scenario.group == "running":
            head.set_cells(((f" {sanitize(scenario.title, 200)}", "title"),), (("  running already ", "accent"),))
            return
        title = f" {sanitize(scenario.title, 200)}"
        short = method.replace(" start method", "")
        shortest = short.rpartition(": ")[2]
        rights: tuple[Cells, ...] = (
            ((f"  {group} · ", "dim"), (f"{method} ", "accent")),
            ((f"  {method} ", "accent"),),
            ((f"  {short} ", "accent"),),
            ((f"  {shortest} ", "accent"),),
        )
        room = head.size.width - width(title)
        head.set_cells(((title, "title"),), next((right for right in rights if length(right) <= room), ()))

    def _show_steps(self, scenario: Scenario | None, done: Set[int]) -> None:
        self._done = done
        lines: list[Content] = []
        shown = self.query_one("#scenario-try", Static)
        room = shown.content_region.width or _ANY_CELLS
        if scenario is not None and scenario.steps:
            lines.append(Content.styled("Try", "bold $primary"))
            for index, step in enumerate(scenario.steps):
                mark = Content.styled(" ✓ ", "$success") if index in done else Content.styled(" ☐ ", "$accent")
                # Rows after the first stand below its text, not below its mark.
                rows = wrap(sanitize(step.do), max(room - _MARK_CELLS, 10))
                lines.append(mark + Content(("\n" + " " * _MARK_CELLS).join(rows)))
        shown.update(Content("\n").join(lines))


def _text(scenario: Scenario | None) -> str:
    text = "" if scenario is None else scenario.text or ("" if scenario.error else "*It has no description.*")
    if scenario is not None and scenario.error:
        problem = scenario.error.replace("`", "'")
        text = f"**It cannot run:** `{problem}`\n\n{text}" if not scenario.runnable else f"⚠ `{problem}`\n\n{text}"
    return "\n".join(sanitize(line, 500) for line in text.splitlines()[:400])
