"""The problems that the observer can prove or suspects."""

from __future__ import annotations

from rockproc.observer.recording import jumps
from rockproc.observer.recording.jumps import Wanted

from ..bases.rows import Row
from ..bases.searchable_panel import SearchablePanel
from ..bases.view import SEVERITY_GLYPHS, View
from ..formatting.sanitize import sanitize, wrap


class Findings(SearchablePanel):
    HELP = "Problems that can be proved (certain), that a death has left behind (orphaned), or that are suspected."
    BINDING_GROUP_TITLE = "Findings"
    EMPTY = (
        "No finding. A deadlock, a standstill, a lost item or a zombie would be named here. "
        "Not judged are locks of threading, and whether all stand still while a manager runs."
    )
    NAME = "findings"
    TITLE = "Findings"
    NUMBER = 7
    DRAWER = True
    NOTHING = "no findings"

    def has_content(self, view: View) -> bool:
        return bool(view.snapshot.findings)

    def preferred_rows(self, view: View, columns: int) -> int:
        return len(self._formatted(view, columns))

    def jump_target(self) -> Wanted:
        return jumps.a_finding()

    def rows(self, view: View) -> list[Row]:
        findings = sorted(view.snapshot.findings, key=lambda each: (not each.active, each.at))
        active = sum(finding.active for finding in findings)
        self.headline((f"{self.title}  {active} now" if findings else self.title) + view.dropped_note("findings"))
        return self._formatted(view, self.columns)

    def _formatted(self, view: View, columns: int) -> list[Row]:
        findings = sorted(view.snapshot.findings, key=lambda each: (not each.active, each.at))
        rows: list[Row] = []
        for number, finding in enumerate(findings):
            glyph, role = SEVERITY_GLYPHS.get(finding.severity, ("·", "dim"))
            key = (finding.rule, finding.processes, finding.objects, number)
            head = f"{finding.rule}, {finding.verdict}" + ("" if finding.active else ", over")
            where = f"  {finding.site}" if finding.site else ""
            moment = (f"  found at {finding.at:.1f}s{where}", "dim")
            title = (sanitize(head), role if finding.active else "dim")
            rows.append(Row(key, ((f"{glyph} ", role), title, moment)))
            lines = wrap(sanitize(finding.message, 1_000), max(columns - 2, 10))
            advice = wrap(sanitize(f"▸ {finding.advice}", 1_000), max(columns - 2, 10)) if finding.advice else []
            rows += [Row((key, index), (("  ", ""), (line, "")), False) for index, line in enumerate(lines)]
            rows += [
                Row((key, "advice", index), (("  ", ""), (line, "good")), False) for index, line in enumerate(advice)
            ]
        return rows

    def copied(self) -> str:
        return "\n".join(f"{each.rule} ({each.verdict}): {each.message}" for each in self.view.snapshot.findings)
