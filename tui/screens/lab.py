"""The Lab: one run, live."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, ClassVar

from rockproc.observer.model import RunState, State
from rockproc.observer.recording import jumps
from rockproc.observer.recording.jumps import Wanted
from rockproc.observer.scenarios.catalog import Scenario
from rockproc.observer.scenarios.launch import Launch
from rockproc.widgets.bases.bar import Bar
from rockproc.widgets.bases.panel import Panel
from rockproc.widgets.bases.prompt import Prompted
from rockproc.widgets.bases.rows import ListRows, Row, Rows
from rockproc.widgets.bases.searching import Searching
from rockproc.widgets.bases.view import View
from rockproc.widgets.formatting.sanitize import sanitize
from rockproc.widgets.panels.command_log import CommandLog
from rockproc.widgets.panels.findings import Findings
from rockproc.widgets.panels.header import Header
from rockproc.widgets.panels.key_bar import KeyBar
from rockproc.widgets.panels.locks import Locks
from rockproc.widgets.panels.messages import Messages
from rockproc.widgets.panels.output import Output
from rockproc.widgets.panels.pools import Pools
from rockproc.widgets.panels.processes import Processes
from rockproc.widgets.panels.shared_values import SharedValues
from rockproc.widgets.panels.source import Source
from rockproc.widgets.panels.stack import Stack
from rockproc.widgets.panels.steps import Steps
from rockproc.widgets.panels.tab_bar import TabBar
from rockproc.widgets.panels.time_bar import TimeBar
from rockproc.widgets.panels.timeline import Timeline
from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.widgets import Static

from ..actions.table import LAB, bindings, in_scope
from .lab_layout import Arrangement, arrange
from .list_actions import ListScreen

if TYPE_CHECKING:
    from ..run.run_protocol import RunProtocol

ALIVE = ("stop", "freeze_all", "terminate_all", "kill_all", "interrupt_all", "signal_menu_all")
"""What means nothing in a recording."""
SURE = 3.0
"""Seconds within which the second press of a key says that the first was meant."""
SIGNALS = ("terminate", "kill", "freeze", "signal_menu", "interrupt")
PLACES = {action.id: action.scope for action in in_scope("processes", "messages", "output", "search")}


class Lab(ListScreen):
    HELP = "One run, live. `1` to `6` go to a panel, `enter` enlarges it, `esc` backs out."
    BINDING_GROUP_TITLE = "Lab"
    SCOPES = LAB
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(*LAB)]

    def __init__(self, scenario: Scenario, launch: Launch, replay: RunProtocol | None = None) -> None:
        super().__init__(scenario, launch, replay)
        self.arrangement = Arrangement()
        self._offered: tuple[object, ...] = ()
        """What the key bar depends on, as it was when that was last drawn."""
        self._asked = -SURE

    def compose(self) -> ComposeResult:
        yield Static(id="too-small")
        yield Header(id="header")
        yield Bar(id="paused")
        yield TimeBar(id="time")
        yield Steps(id="strip", strip=True)
        with Container(id="panels"):
            yield Processes(id="processes")
            yield TabBar(id="tabs")
            yield Messages(id="messages")
            yield Timeline(id="timeline")
            yield SharedValues(id="shared")
            yield Locks(id="locks")
            yield Output(id="output")
        detail = ListRows(id="detail")
        detail.can_focus = False
        yield detail
        yield Findings(id="findings", classes="-drawer")
        yield Pools(id="pools", classes="-drawer")
        yield Source(id="source", classes="-drawer")
        yield Stack(id="stack", classes="-drawer")
        yield Steps(id="experiments", classes="-drawer")
        yield CommandLog(id="commands", classes="-drawer")
        yield KeyBar()

    def on_mount(self) -> None:
        for experiments in self.query(Steps):
            experiments.offer(self.scenario.experiments, self.done)
        self.query_one("#source", Source).load(self.scenario.source, str(self.scenario.code))
        self._restore_layout()

    def _restore_layout(self) -> None:
        """As the user has left it the last time."""
        kept, arrangement = self.rockproc.kept, self.arrangement
        self.processes.order = kept.order
        if kept.second is not None:
            arrangement.second, arrangement.chosen = kept.second, True
        self.focus_panel()

    def focus_panel(self) -> None:
        self.set_focus(self.panels[self.arrangement.focused - 1])

    def _keep_layout(self) -> None:
        arrangement = self.arrangement
        if arrangement.narrow and arrangement.chosen:
            self.rockproc.keep(second=arrangement.second)

    @property
    def names(self) -> dict[str, str]:
        """What the key bar calls an action that means something else now."""
        chosen = self.processes.process
        renamed = {
            "pause": ("play", self.moment is not None),
            "freeze": ("go on", chosen is not None and chosen.state is State.STOPPED),
            "back": ("all panels", self.alone),
        }
        return {action: name for action, (name, now) in renamed.items() if now}

    @property
    def unnamed(self) -> set[str]:
        """Actions that the key bar leaves out for now: they would do nothing."""
        chosen, past = self.processes.process, self.moment is not None
        useful = {
            "pools": bool(self.view.snapshot.pools),
            "jump_back": past,
            "stop": not self.over,
            "pause": past or not self.over,
            **dict.fromkeys(SIGNALS, chosen is not None and chosen.state.alive and not self.over),
        }
        return {action for action, now in useful.items() if not now}

    @property
    def kept_in_view(self) -> tuple[str, ...]:
        """Actions for which the key bar always has room."""
        again = ("again",) if self.over and not self.recorded else ()
        return (*again, "back") if again or self.alone else ()

    @property
    def over(self) -> bool:
        return self._present.snapshot.state is RunState.ENDED

    @property
    def alone(self) -> bool:
        """Whether an enlarged panel is all there is: it may be empty, and say nothing of the way out."""
        return bool(self.arrangement.zoomed) and self.drawer is None

    @property
    def panels(self) -> list[Panel]:
        """In the order of their numbers."""
        found = [panel for panel in self.query_one("#panels").children if isinstance(panel, Panel)]
        return sorted(found, key=lambda panel: panel.NUMBER)

    # Drawing

    def draw(self, view: View) -> None:
        strip = self.query_one("#strip", Steps)
        strip.show(view)
        arrange(self, self.arrangement, view)
        self._point_at_message()
        for panel in self.panels:
            if panel.display:
                panel.show(view)
        if (drawer := self.drawer) is not None:
            drawer.show(view)
        self._draw_detail()
        self._offer_keys()

    def _offer_keys(self) -> None:
        """The key bar names what can be done now."""
        offered = *sorted(self.unnamed), *self.names.items(), *self.kept_in_view
        if self._offered != offered:
            self._offered = offered
            self.refresh_bindings()

    def ticked(self, index: int) -> None:
        strip = self.query_one("#strip", Steps)
        if strip.display:
            strip.seen(index)
        else:
            self.notify(sanitize(self.scenario.experiments[index].do), title="✓ Seen", markup=False)

    def draw_header(self, view: View) -> None:
        recording = self.rockproc.recording
        ended = "the run has ended" if view.snapshot.state is RunState.ENDED else "the run goes on, unseen"
        on = f" {self.rockproc.keys_shown['pause']} goes on "
        self.query_one("#paused", Bar).tell(((" ‖ VIEW HELD ", ""), (f" {ended}", "")), ((on, ""),))
        view = self.view if self.recorded else view
        self.query_one(Header).show(self.launch, view, ending=self._ending, recording=recording)

    def _draw_detail(self) -> None:
        zoomed = self.arrangement.zoomed
        panel = next((each for each in self.panels if zoomed == each.NUMBER), None)
        if panel is not None:
            lines = [Row(index, cells, False) for index, cells in enumerate(panel.detail())]
            self.query_one("#detail", ListRows).set_rows(lines)

    def forget(self) -> None:
        super().forget()
        for panel in self.panels:
            panel.reset()
        for drawer in self.query(".-drawer").results(Panel):
            drawer.reset()
        self.show_paused()

    def show_paused(self) -> None:
        self.set_class(self.paused, "-paused")
        self.set_class(self.moment is not None, "-rewound")
        self.refresh_bindings()

    def arranged(self, narrow: bool) -> None:
        self.arrangement.narrow = narrow
        self.call_after_refresh(self._rearrange)

    def _rearrange(self) -> None:
        arrange(self, self.arrangement, self.view)
        self.redraw()
        self.call_after_refresh(self._draw_detail)  # as wide as the panel is now

    # Time

    @property
    def wanted(self) -> Wanted:
        """Of the kind that the panel with the keys shows."""
        panel = self.drawer or self.focused
        return panel.jump_target() if isinstance(panel, Panel) else jumps.a_life()

    @on(Timeline.MomentChosen)
    def go_to_chosen(self, event: Timeline.MomentChosen) -> None:
        self.go_to(event.seconds)

    # Panels and focus

    @on(Rows.Moved)
    def follow_the_cursor(self, event: Rows.Moved) -> None:
        if event.rows.parent is self.query_one("#panels"):
            self._draw_detail()
            self._offer_keys()
        if isinstance(event.rows, Messages):
            self._point_at_message()

    def _point_at_message(self) -> None:
        self.query_one(Timeline).point_at(self.query_one(Messages).chosen)

    def on_descendant_focus(self) -> None:
        focused = self.focused
        if isinstance(focused, Panel) and focused.NUMBER and self.drawer is None:
            self.arrangement.focus(focused.NUMBER)
            arrange(self, self.arrangement, self.view)
            self._keep_layout()
        self.refresh_bindings()

    @on(TabBar.Chosen)
    def go_to_tab(self, event: TabBar.Chosen) -> None:
        drawers = {Findings.NUMBER: self.action_findings, Pools.NUMBER: self.action_pools}
        drawers[event.number]() if event.number in drawers else self.action_panel(event.number)

    def action_panel(self, number: int) -> None:
        self.close_drawer()
        self.arrangement.focus(number)
        self._rearrange()
        self.set_focus(self.panels[number - 1])  # at once: the keys that were typed behind it are for this panel

    def action_next_panel(self, step: int = 1) -> None:
        current = self.focused.NUMBER if isinstance(self.focused, Panel) else 1
        self.action_panel((current - 1 + step) % len(self.panels) + 1)

    def action_previous_panel(self) -> None:
        self.action_next_panel(-1)

    @on(Rows.Opened)
    def action_zoom(self) -> None:
        """Enter on an enlarged panel makes it small again."""
        if isinstance(self.focused, Panel) and self.focused.NUMBER and self.drawer is None:
            arrangement = self.arrangement
            arrangement.zoomed = None if arrangement.zoomed else self.focused.NUMBER
            self._rearrange()

    def action_back(self) -> None:
        if isinstance(self.focused, Prompted) and self.focused.close_prompt():
            return
        if self.drawer is not None:
            self.close_drawer()
        elif self.arrangement.zoomed:
            self.arrangement.zoomed = None
            self._rearrange()
        elif isinstance(self.focused, Locks) and self.focused.graph:
            self.focused.action_graph()
        elif self.moment is not None and not self.recorded:
            self.action_live()
        elif self._sure():
            run, self.run = self.run, None
            if run is not None:
                self.rockproc.end_later(run)
            self.rockproc.pop_screen()

    def _sure(self) -> bool:
        """A run that goes on is not ended by one press too many of a key that closes things."""
        asked, self._asked = self._asked, time.monotonic()
        if self.run is None or self.run.recorded or self.run.snapshot().state is RunState.ENDED:
            return True
        if self._asked - asked < SURE:
            return True
        self.notify(f"{self.rockproc.keys_shown['back']} again ends it and goes back.", title="The run goes on",
                    timeout=SURE)  # fmt: skip
        return False

    # The run

    def action_stop(self) -> None:
        if self.run is None or self.run.snapshot().state is RunState.ENDED:
            self.notify("It has ended already. R runs it again.", severity="warning")
            return
        self._ending = True
        self.finish()

    def action_again(self) -> None:
        if self.recorded:
            self.play_from_begin()
            return
        self._ending = True
        self.finish(again=True)

    def action_quit_here(self) -> None:
        keys = self.rockproc.keys_shown
        title = f"{keys['quit_here']} quits from the Catalog"
        self.notify(f"{keys['back']} goes back there; {keys['quit_now']} quits from here.", title=title)

    # What can be done now

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        return not self.unavailable(action)

    def on_key(self, event: events.Key) -> None:
        """Who types what to search for is told that nobody listens, before the letters do something else.

        And so is who would signal a process: the step to try may ask for that while another panel has the keys.
        """
        reason = self.unavailable("prompt")
        if reason and event.key in self.rockproc.keys_of("prompt"):
            self.notify(f"Nothing can be searched here, but {reason}.", severity="warning")
        for action in in_scope("processes"):
            reason = self.unavailable(action.id) if action.id in SIGNALS else ""
            if reason and event.key in self.rockproc.keys_of(action.id):
                self.notify(f"“{action.label}” works {reason}.", severity="warning")

    def unavailable(self, action: str) -> str:
        """Why an action cannot be done now: its key means something in one place only. Empty when it can."""
        place, focused = PLACES.get(action), self.focused
        if self.recorded and (action in ALIVE or action in SIGNALS):
            return "in a live run: this one is recorded"
        if place == "processes" and focused is not self.processes:
            return "in the list of processes: 1"
        if place == "messages" and not isinstance(focused, Messages):
            return "in Messages: 3"
        if place == "output" and not isinstance(focused, Output):
            return "in Output: 6"
        if place == "search" and not (isinstance(focused, Searching) and focused.pattern):
            return "after a search: /"
        if action == "prompt" and not (isinstance(focused, Prompted) and focused.searchable):
            return "in Processes, Messages, Output and what opens over them"
        if action == "live" and self.moment is None:
            return f"in the past: {self.rockproc.keys_shown['step_back']} goes back"
        return ""
