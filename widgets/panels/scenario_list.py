"""The list of scenarios in their groups, below the programs that are running already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rockproc.observer.scenarios.catalog import GROUPS, Scenario

from ..bases.rows import ListRows, Row
from ..formatting.sanitize import fit, sanitize, width

if TYPE_CHECKING:
    from rockproc.observer.run.running_programs import RunningProgram

HEADINGS = {
    "create": "CREATE",
    "communicate": "COMMUNICATE",
    "share": "SHARE",
    "coordinate": "COORDINATE",
    "scale": "SCALE",
    "break": "BREAK",
    "other": "OTHER",
    "yours": "YOURS  ./",
}


class ScenarioList(ListRows):
    HELP = "Choose a scenario; enter runs it."
    BINDING_GROUP_TITLE = "Catalog"
    EMPTY = "…"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.keeps_cursor = True
        self._scenarios: dict[Path, Scenario] = {}
        self._programs: dict[int, RunningProgram] = {}
        """The running programs by pid, which is the key of their rows."""
        self._why_empty = "Reading the scenarios…"
        self._ticks: Mapping[tuple[str, ...], set[int]] = {}

    @property
    def scenario(self) -> Scenario | None:
        """The scenario under the cursor."""
        selected = self.selected
        return self._scenarios.get(selected.key) if selected and isinstance(selected.key, Path) else None

    @property
    def program(self) -> RunningProgram | None:
        """The running program under the cursor."""
        selected = self.selected
        return self._programs.get(selected.key) if selected and isinstance(selected.key, int) else None

    def empty(self) -> str:
        return self._why_empty

    def offer(
        self,
        scenarios: Sequence[Scenario],
        why_empty: str,
        ticks: Mapping[tuple[str, ...], set[int]],
        yours: str = "",
        programs: Sequence[RunningProgram] = (),
    ) -> None:
        """Show running programs and scenarios.

        Args:
            scenarios: in any order.
            why_empty: the text where there is neither a scenario nor a program.
            ticks: the steps that were seen, by `Scenario.steps_key`.
            yours: the text where the user has no file.
            programs: those that are running already.
        """
        self._programs = {program.pid: program for program in programs}
        self._scenarios = {scenario.path: scenario for scenario in scenarios}
        self._why_empty, self._ticks = why_empty, ticks
        rows: list[Row] = [Row("running", (("RUNNING", "heading"),), False)] if programs else []
        rows += [self._program_row(program) for program in programs]
        for group in GROUPS:
            members = [scenario for scenario in scenarios if scenario.group == group]
            if not members and not (group == "yours" and yours and scenarios):
                continue
            if rows:
                rows.append(Row((group, "gap"), (), False))
            rows.append(Row(group, ((HEADINGS[group], "heading"),), False))
            rows += [self._row(scenario) for scenario in members]
            if not members:
                rows.append(Row("none", ((f"  {yours}", "dim"),), False))
        self.set_rows(rows)
        if self.selected is None or not self.selected.selectable:
            self._select_first_scenario()
        self.refresh()

    def _select_first_scenario(self) -> None:
        """Select the first scenario. A running program is selected only by the user."""
        scenarios = [index for index in range(self.count()) if isinstance(self._rows[index].key, Path)]
        if scenarios:
            self.cursor = scenarios[0]
        else:
            self.action_first()

    def resized(self) -> None:
        self.set_rows([self._resized_row(self._rows[index]) for index in range(self.count())])

    def _resized_row(self, row: Row) -> Row:
        if isinstance(row.key, Path):
            return self._row(self._scenarios[row.key])
        return self._program_row(self._programs[row.key]) if isinstance(row.key, int) else row

    def _title_cells(self, note: str) -> int:
        """Return the room for a title between the glyph and a note, before the scrollbar or an empty cell."""
        margin = 0 if self.show_vertical_scrollbar else 1
        return max(self.columns - len("  ") - len(" ") - len(note) - margin, 4)

    def _program_row(self, program: RunningProgram) -> Row:
        title = fit(sanitize(program.scenario.title), self._title_cells(program.summary))
        return Row(program.pid, (("  ", ""), (title, ""), (f" {program.summary}", "dim")))

    def _row(self, scenario: Scenario) -> Row:
        done = self._ticks.get(scenario.steps_key, set())
        ticks = "".join("✓" if index in done else "·" for index in range(len(scenario.steps)))
        glyph, role = ("✗ ", "bad") if not scenario.runnable else ("⚠ ", "warn") if scenario.error else ("  ", "")
        name = sanitize(scenario.title)
        if not done and width(name) > self._title_cells(ticks):
            ticks = ""  # the whole title says more than that no step has been seen
        title = fit(name, self._title_cells(ticks))
        return Row(scenario.path, ((glyph, role), (title, ""), (f" {ticks}", "good" if done else "dim")))
