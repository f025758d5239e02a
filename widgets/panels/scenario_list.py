"""The list of scenarios in their groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from rockproc.observer.scenarios.catalog import GROUPS, Scenario

from ..bases.rows import ListRows, Row
from ..formatting.sanitize import fit, sanitize

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
        self._why_empty = "Reading the scenarios…"
        self._ticks: Mapping[Path, set[int]] = {}

    @property
    def scenario(self) -> Scenario | None:
        """The scenario under the cursor."""
        selected = self.selected
        return self._scenarios.get(selected.key) if selected and isinstance(selected.key, Path) else None

    def empty(self) -> str:
        return self._why_empty

    def offer(
        self, scenarios: Sequence[Scenario], why_empty: str, ticks: Mapping[Path, set[int]], yours: str = ""
    ) -> None:
        """Shows these. `ticks` are the experiments that were done, `yours` is said where the user has no file."""
        self._scenarios = {scenario.path: scenario for scenario in scenarios}
        self._why_empty, self._ticks = why_empty, ticks
        rows: list[Row] = []
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
            self.action_first()
        self.refresh()

    def resized(self) -> None:
        rows = [self._rows[index] for index in range(self.count())]
        self.set_rows([self._row(self._scenarios[row.key]) if isinstance(row.key, Path) else row for row in rows])

    def _row(self, scenario: Scenario) -> Row:
        done = self._ticks.get(scenario.path, set())
        ticks = "".join("✓" if index in done else "·" for index in range(len(scenario.experiments)))
        glyph, role = ("✗ ", "bad") if not scenario.runnable else ("⚠ ", "warn") if scenario.error else ("  ", "")
        room = max(self.columns - 3 - len(ticks) - 1, 4)
        title = fit(sanitize(scenario.title), room)
        return Row(scenario.path, ((glyph, role), (title, ""), (f" {ticks}", "good" if done else "dim")))
