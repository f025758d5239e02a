"""The first line of the Lab: the program, the duration, the load, and the worst finding."""

from __future__ import annotations

from dataclasses import dataclass

from rockproc.observer.model import RunState, Snapshot, coverage_of
from rockproc.observer.scenarios.launch import Launch
from textual import events
from textual.message import Message

from ..bases.bar import Bar
from ..bases.rows import length
from ..bases.view import SEVERITY_GLYPHS, View
from ..formatting import quantities
from ..formatting.cells import Cells
from ..formatting.sanitize import fit, sanitize, shorten

_SENTENCE_CELLS = 32
"""The cells of the start of a finding's sentence."""
_MIN_RATE = 100
"""The least number of records per second that is shown: a lower one says nothing about the program."""
RULE = (" ── ", "dim")


class Header(Bar):
    @dataclass
    class FindingChosen(Message):
        """The start of the finding at the right was clicked."""

    def on_click(self, event: events.Click) -> None:
        if length(self._right) and event.x >= self.size.width - length(self._right):
            event.stop()
            self.post_message(self.FindingChosen())

    def show(
        self,
        launch: Launch,
        view: View,
        *,
        ending: bool,
        recording: bool,
        waits: bool = False,
        reruns: bool = False,
    ) -> None:
        """Show the state of a run. `waits` says that the user has not started the run yet.

        Args:
            launch: What runs.
            view: The moment that is shown.
            ending: The user has stopped the run, which goes on for a moment.
            recording: The screen is being recorded.
            waits: The user has not started the run yet.
            reruns: The program runs again when its file is saved.
        """
        snapshot = view.snapshot
        clock: Cells = (("○ not started", "dim"),) if waits else _clock(view, ending)
        left = [*_what(launch), RULE, *clock]
        alive = sum(process.state.alive for process in snapshot.processes)
        if alive or snapshot.state is not RunState.ENDED:
            left += [RULE, (f"{alive} process{'' if alive == 1 else 'es'}", "")]
        if reruns:
            left += [RULE, ("runs on save", "accent")]
        not_observed = _not_observed(snapshot)
        if not_observed:
            left += [RULE, (f"not observed: {not_observed}", "warn")]
        left_out = _left_out(view)
        rate = snapshot.records_per_second
        if left_out or (rate >= _MIN_RATE and snapshot.state is not RunState.ENDED):
            left += [RULE, (f"{quantities.count(rate)} records/s", "dim"), *left_out]
        right: list[tuple[str, str]] = []
        active = [finding for finding in snapshot.findings if finding.active]
        if active:
            worst = min(active, key=lambda finding: ("error", "warning", "info").index(finding.severity))
            glyph, role = SEVERITY_GLYPHS[worst.severity]
            more = f" +{len(active) - 1}" if len(active) > 1 else ""
            right += [(f" {glyph} {fit(sanitize(worst.message), _SENTENCE_CELLS).strip()}{more} ", role)]
        if recording:
            right += [(" ● REC ", "bad")]
        self.set_cells(_shortened(left, self.size.width - length(tuple(right))), tuple(right))


def _not_observed(snapshot: Snapshot) -> str:
    """Return what may have used the program's objects without being seen; processes that still start are left out."""
    coverage = coverage_of(snapshot)
    hidden = [some.process for some in coverage.hiding if some.process.unobserved and not some.process.inspected]
    processes = len(hidden) + coverage.forgotten_parts
    parts = [
        f"{processes} process{'' if processes == 1 else 'es'}" if processes else "",
        quantities.with_noun(coverage.subinterpreters, "subinterpreter") if coverage.subinterpreters else "",
    ]
    return ", ".join(filter(None, parts))


def _left_out(view: View) -> Cells:
    """Return how many of the counted operations have a record, unless nearly all have."""
    processes = [*view.snapshot.processes, view.snapshot.forgotten]
    counted, recorded = sum(some.operations for some in processes), sum(some.records for some in processes)
    dropped = sum(some.dropped for some in processes)
    cells: list[tuple[str, str]] = []
    if recorded and counted > 1.5 * recorded:
        cells += [(f", 1 in {quantities.count(counted / recorded)} shown", "dim")]
    if dropped:
        cells += [(f", {quantities.count(dropped)} found no room", "warn")]
    return tuple(cells)


def _what(launch: Launch) -> Cells:
    args = " ".join(launch.args)
    method = f" · {launch.start_method}" if launch.start_method else ""
    return (
        (f" {shorten(sanitize(launch.title), 60)}", "title"),
        (fit(f" {sanitize(args, 200)}", min(len(args) + 1, 24)) if args else "", ""),
        (method, "accent"),
    )


def _clock(view: View, ending: bool) -> Cells:
    time = quantities.clock(view.now)
    state = view.snapshot.state
    if state is RunState.STARTING:
        return (("◌ starting…", "wait"),)
    if state is RunState.RUNNING:
        return (("■ ", "wait") if ending else ("● ", "good"), (f"{time}{' stopping…' if ending else ''}", ""))
    main = view.snapshot.main
    if main is not None and main.signal:
        return (("■ ", "bad"), (f"{time} ended by {main.signal}", "bad"))
    code = main.exitcode if main is not None else None
    how = "ended" if code is None else f"exit {code}"
    return (("■ ", "bad" if code else "dim"), (f"{time} {how}", "bad" if code else ""))


def _shortened(cells: list[tuple[str, str]], room: int) -> Cells:
    """Return the cells without as many parts at the right as there is no room for."""
    while length(tuple(cells)) > room and len(cells) > 2:
        cells.pop()
        if cells[-1] == RULE:
            cells.pop()
    return tuple(cells)
