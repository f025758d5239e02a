"""The problems that the observer has proved or suspects."""

from __future__ import annotations

from rockproc.observer.model import Finding
from rockproc.observer.recording import jumps
from rockproc.observer.recording.jumps import Wanted

from ..bases.rows import Row
from ..bases.searchable_panel import SearchablePanel
from ..bases.view import SEVERITY_GLYPHS, View
from ..formatting.latest import Latest
from ..formatting.sanitize import sanitize, wrap

VERDICTS = {
    "certain": "certain: what was recorded proves it",
    "orphaned": "orphaned: the process that was needed has ended",
    "suspected": "suspected: it is likely, but what was recorded does not prove it",
    "in vain": "in vain: the wait ends with its time-out, without what it waits for",
}
"""The explanation of each verdict."""
SEVERITY_ORDER = ("error", "warning", "info")
_MIN_TEXT_COLUMNS = 10
_INDENT = "  "


def in_order(findings: tuple[Finding, ...]) -> list[Finding]:
    """Return findings in the order of their importance: present ones first, errors before warnings, oldest first."""
    return sorted(
        findings, key=lambda finding: (not finding.active, SEVERITY_ORDER.index(finding.severity), finding.at)
    )


class Findings(SearchablePanel):
    HELP = "Problems that are proved (certain), that an ended process has caused (orphaned), or that are suspected."
    BINDING_GROUP_TITLE = "Findings"
    EMPTY = (
        "No finding. A deadlock, a wait that no process can end, a lost item or a lost update would be named here. "
        "A mistake that has not shown itself in this run is not found."
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
        return jumps.new_findings()

    def rows(self, view: View) -> list[Row]:
        findings = view.snapshot.findings
        active = sum(finding.active for finding in findings)
        self.headline((f"{self.title}  {active} now" if findings else self.title) + view.dropped_note("findings"))
        return self._formatted(view, self.columns)

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._latest = Latest[list[Row]]()

    def reset(self) -> None:
        self._latest.forget()
        super().reset()

    def _formatted(self, view: View, columns: int) -> list[Row]:
        return self._latest.of(view.snapshot.findings, columns, lambda: self._listed(view, columns))

    def _listed(self, view: View, columns: int) -> list[Row]:
        rows: list[Row] = []
        for number, finding in enumerate(in_order(view.snapshot.findings)):
            key = (finding.rule, finding.processes, finding.objects, number)
            if rows:
                rows.append(Row((key, "gap"), (), False))
            rows += _rows_of(finding, key, columns)
        return rows

    def copied(self) -> str:
        return "\n".join(
            f"{finding.rule} ({finding.verdict}): {finding.message}"
            for finding in in_order(self.view.snapshot.findings)
        )


def _rows_of(finding: Finding, key: object, columns: int) -> list[Row]:
    """Return the sentence of a finding first, then what to do about it, and then where and how sure it is."""
    glyph, role = SEVERITY_GLYPHS.get(finding.severity, ("·", "dim"))
    role = role if finding.active else "dim"
    room = max(columns - len(_INDENT), _MIN_TEXT_COLUMNS)
    rows: list[Row] = []
    for index, line in enumerate(wrap(sanitize(finding.message, 1_000), room)):
        head = (f"{glyph} ", role) if index == 0 else (_INDENT, "")
        rows.append(Row(key if index == 0 else (key, index), (head, (line, role if index == 0 else "")), index == 0))
    if finding.advice:
        for index, line in enumerate(wrap(sanitize(f"▸ {finding.advice}", 1_000), room)):
            rows.append(Row((key, "advice", index), ((_INDENT, ""), (line, "good")), False))
    over = "" if finding.active else "over · "
    where = f" · {finding.site}" if finding.site else ""
    about = f"{over}{finding.rule} at {finding.at:.1f} s{where} · {VERDICTS.get(finding.verdict, finding.verdict)}"
    for index, line in enumerate(wrap(sanitize(about, 400), room)):
        rows.append(Row((key, "about", index), ((_INDENT, ""), (line, "dim")), False))
    return rows
