"""The Lab: one run, live or recorded."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Mapping
from functools import cached_property, partial
from pathlib import Path
from typing import ClassVar

from msgspec.structs import replace
from rockproc.observer.model import HELPER_ROLES, RunState, State
from rockproc.observer.recording import jumps
from rockproc.observer.recording.jumps import Wanted
from rockproc.observer.scenarios.catalog import Scenario, is_bundled, load
from rockproc.observer.scenarios.launch import Launch
from rockproc.widgets.bases.bar import Bar
from rockproc.widgets.bases.panel import Panel, wrapped_fact
from rockproc.widgets.bases.prompt import Prompted
from rockproc.widgets.bases.rows import ListRows, Row, Rows
from rockproc.widgets.bases.searching import Searching
from rockproc.widgets.bases.view import View
from rockproc.widgets.formatting.sanitize import sanitize, shorten
from rockproc.widgets.panels.finding_bar import FindingBar
from rockproc.widgets.panels.handle import Handle
from rockproc.widgets.panels.header import Header
from rockproc.widgets.panels.key_bar import KeyBar
from rockproc.widgets.panels.lesson import Lesson
from rockproc.widgets.panels.locks import Locks
from rockproc.widgets.panels.messages import Messages
from rockproc.widgets.panels.processes import Processes
from rockproc.widgets.panels.source import Source
from rockproc.widgets.panels.status_line import StatusLine
from rockproc.widgets.panels.steps import Steps
from rockproc.widgets.panels.tab_bar import TabBar
from rockproc.widgets.panels.time_bar import TimeBar
from rockproc.widgets.panels.timeline import Timeline
from textual import events, getters, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Static

from ..actions.availability import Situation
from ..actions.panels import DRAWERS, PANELS
from ..actions.table import ACTIONS, LAB, bindings, in_scope, unavailable
from ..dialogs.arguments import TypeArguments, split
from ..run.interventions import Interventions
from ..run.mode import Mode
from ..run.playback import Playback
from ..run.run_controller import RunController
from ..run.run_protocol import RunProtocol
from ..run.services import services_of
from ..run.signals import Signals
from .drawers import Drawers
from .lab_layout import Arrangement, PanelArea, arrange
from .lab_plan import LAYOUTS, LEFT_PERCENTS, MIN_ROWS, Shares, dragged_shares
from .list_actions import ListActions
from .sized import SizedScreen

CONFIRM_SECONDS = 3.0
"""The time in which a second press of a key confirms the first one."""

_ACTIONS = {action.id: action for action in in_scope(*LAB)}
"""The actions of the Lab by their ids."""

TARGET_CELLS, TARGET_CELLS_WIDE = 14, 16
"""The largest numbers of cells for the target of a signal in the key bar of a small and of a large terminal."""

FILE_INTERVAL_SECONDS = 1.0
"""The time between two looks at the program's file."""


def _saved_at(path: Path) -> float | None:
    """Return when a file was last saved; None while there is none, as in the middle of being saved."""
    try:
        return path.stat().st_mtime
    except OSError:
        return None


class Lab(SizedScreen):
    HELP = "One run, live. `1` to `6` focus a panel, `enter` enlarges it, `esc` goes back."
    BINDING_GROUP_TITLE = "Lab"
    SCOPES = LAB
    PANEL_KEYS_BEFORE = "prompt"
    """The key bar names the keys of the focused panel before this action."""
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(*LAB)]

    processes = getters.query_one(Processes)

    def __init__(
        self, scenario: Scenario, launch: Launch, recording: RunProtocol | None = None, *, ready: bool = False
    ) -> None:
        """Create the screen.

        Args:
            scenario: the scenario.
            launch: the program, and how it is started.
            recording: is shown instead of starting a run.
            ready: True to let the user start the run.
        """
        super().__init__()
        self.scenario, self.launch = scenario, launch
        self.arrangement = Arrangement(has_steps=bool(scenario.steps))
        self.controller = RunController(self, self, scenario, launch, recording, ready=ready)
        self.playback = Playback(self, self.controller, self.jump_target)
        self.signals = Signals(self, self.controller, lambda: self.processes.process)
        self.drawers = Drawers(
            self,
            self.controller,
            self.signals,
            lambda: self.processes.process,
            closed=self.focus_panel,
            arranged=self._open_place,
        )
        self.interventions = Interventions(self, self.controller, self._selected_object)
        self.handlers = self._all_handlers()
        self._offered: tuple[object, ...] = ()
        """The state of the key bar when it was last drawn."""
        self._back_pressed_at = -CONFIRM_SECONDS
        self._reruns = False
        """True if the program runs again when its file is saved."""
        self._saved_at: float | None = None
        self._selection_made = False
        """True if a process other than main was selected in this run."""
        self._draws_soon = False
        """True while a drawing is requested that has not been done: one is enough for many keys."""

    def _all_handlers(self) -> Mapping[str, Callable[[], None]]:
        """Return the actions of the Lab by their ids."""
        controller, playback = self.controller, self.playback
        return {
            **self.signals.handlers,
            **self.interventions.handlers,
            **self.drawers.handlers,
            **ListActions(self, controller).handlers,
            **playback.handlers,
            **{f"panel({entry.keys})": partial(self.show_panel, int(entry.keys)) for entry in PANELS},
            "end_run": controller.end_run,
            "again": self._run_again,
            "save": controller.save,
            "zoom": self.toggle_enlarged,
            "run_arguments": self._ask_for_arguments,
            "next_start_method": self._next_start_method,
            "rerun_on_save": self._toggle_rerun,
            "layout": self._next_layout,
            "left_narrower": partial(self._resize_left, -1),
            "left_wider": partial(self._resize_left, 1),
            "back": self._back,
            "next_panel": partial(self._step_panel, 1),
            "previous_panel": partial(self._step_panel, -1),
            "quit_here": self._say_how_to_quit,
        }

    def compose(self) -> ComposeResult:
        yield Static(id="too-small")
        yield Header(id="header")
        yield Bar(id="paused")
        yield TimeBar(id="time")
        yield Steps(id="strip", strip=True)
        yield FindingBar(id="finding")
        with PanelArea(id="panels"):
            yield TabBar(id="tabs")
            for entry in (*PANELS, *DRAWERS):
                yield entry.load()(id=entry.id)
        detail = ListRows(id="detail")
        detail.can_focus = False
        yield detail
        yield StatusLine(id="status")
        yield KeyBar()

    def on_mount(self) -> None:
        for steps in self.query(Steps):
            steps.offer(self.scenario.steps, self.controller.seen_steps)
        self.query_one(Source).load(self.scenario.source, str(self.scenario.code))
        self.query_one(Lesson).load(self.scenario.text)
        self._restore_layout()
        self._saved_at = _saved_at(self.scenario.path)
        self.set_interval(FILE_INTERVAL_SECONDS, self._look_at_file)
        self.controller.start(self.playback.frame)

    def _restore_layout(self) -> None:
        """Arrange the panels as the user has left them in the last session."""
        preferences = services_of(self).preferences
        left, top = preferences.left_percent, preferences.top_percent
        default = self.arrangement.shares
        self.arrangement.shares = Shares(left or default.left, top or default.top)
        self.arrangement.remembered = preferences.second_panel
        self.focus_panel()

    @property
    def panels(self) -> list[Panel]:
        """The panels that share the screen, in the order of their numbers."""
        return [panel for panel in self.all_panels if not panel.DRAWER]

    @cached_property
    def all_panels(self) -> list[Panel]:
        """The panels and drawers, in the order of their numbers. They are the same as long as the screen is mounted."""
        return sorted(self.query("#panels > Panel").results(Panel), key=lambda panel: panel.NUMBER)

    # Actions

    def action_perform(self, action_id: str) -> None:
        self.handlers[action_id]()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return not self.unavailable(str(parameters[0])) if action == "perform" else True

    def unavailable(self, action_id: str) -> str:
        """Return the reason why an action cannot be done now, as the end of a sentence; empty when it can."""
        return unavailable(_ACTIONS[action_id], self.situation) if action_id in _ACTIONS else ""

    @property
    def situation(self) -> Situation:
        focused, selected = self.focused, self.processes.process if self.is_mounted else None
        snapshot = self.controller.view.snapshot
        return Situation(
            scope=focused.NAME if isinstance(focused, Panel) else "",
            searchable=isinstance(focused, Prompted) and focused.searchable,
            searching=isinstance(focused, Searching) and focused.pattern is not None,
            recorded=self.controller.recorded,
            rewound=self.playback.moment is not None,
            ended=self.controller.ended,
            target_alive=selected is not None and selected.state.alive,
            target_stopped=selected is not None and selected.state is State.STOPPED,
            attached=self.launch.pid is not None,
            narrow=self.arrangement.narrow,
            has_pools=bool(snapshot.pools),
            has_objects=bool(snapshot.values or snapshot.locks or snapshot.channels),
            enlarged=bool(self.arrangement.enlarged),
            keys=services_of(self).keys_shown,
        )

    def on_key(self, event: events.Key) -> None:
        """Explain why the key of a search or a signal does nothing here, before its letters do something else."""
        situation, services = self.situation, services_of(self)
        for action in in_scope("processes", "lab"):
            reason = unavailable(action, situation)
            if not reason or event.key not in services.keys_of(action.id):
                continue
            if action.id == "prompt":
                self.notify(f"Nothing can be searched here, but {reason}.", severity="warning")
            elif action.id in self.interventions.handlers or (
                action.id in self.signals.handlers and action.scope == "processes"
            ):
                self.notify(f"“{action.label}” works {reason}.", severity="warning")

    # The key bar

    def update_key_bar(self) -> None:
        """Redraw the key bar if it names other actions now."""
        arrows = self.focused.arrows if isinstance(self.focused, Panel) else ""
        offered = arrows, *sorted(self.unnamed), *self.names.items(), *self.kept_in_view
        if self._offered != offered:
            self._offered = offered
            self.refresh_bindings()

    @property
    def names(self) -> dict[str, str]:
        """The labels of actions that mean something else now."""
        situation = self.situation
        renamed = ((action.id, action.renamed) for action in ACTIONS)
        names = {action_id: other[0] for action_id, other in renamed if other is not None and other[1](situation)}
        process = self.processes.process
        if situation.target_alive and process is not None:  # the signal must go to the process that the user sees
            target = shorten(process.name, TARGET_CELLS if situation.narrow else TARGET_CELLS_WIDE)
            names |= {action_id: f"{action_id} {target}" for action_id in ("terminate", "kill")}
        return names

    @property
    def unnamed(self) -> set[str]:
        """The actions that the key bar leaves out, because they would do nothing."""
        situation = self.situation
        return {action.id for action in in_scope(*LAB) if action.useful is not None and not action.useful(situation)}

    @property
    def kept_in_view(self) -> tuple[str, ...]:
        """The actions for which the key bar always has room."""
        situation = self.situation
        return tuple(action.id for action in ACTIONS if action.pinned is not None and action.pinned(situation))

    @property
    def target(self) -> str:
        """The process that signals would go to."""
        return self.signals.target

    # Drawing: RunDisplay

    def draw(self, view: View) -> None:
        self.query_one(FindingBar).show(view)
        self.query_one("#strip", Steps).show(view)
        self.query_one(Handle).select_process(self.processes.process)
        arrange(self, self.all_panels, self.arrangement, view)
        self._point_at_message()
        for panel in self.all_panels:
            if panel.display:
                panel.show(view)
        self._select_first_child(view)  # only now does the panel have the rows of this view
        arrange(self, self.all_panels, self.arrangement, view)  # wrapped lines are counted when they are shown
        if not self.query_one(Source).has_focus:
            self.query_one(Source).follow(self.processes.process)
        self._draw_detail()
        self.update_key_bar()

    def _select_first_child(self, view: View) -> None:
        """Select the first started child until the user selects a process: main is seldom the one to signal."""
        selected, main = self.processes.process, view.snapshot.main
        if self._selection_made or selected is None or main is None:
            return
        if selected.key != main.key:
            self._selection_made = True
            return
        children = (
            process
            for process in view.snapshot.processes
            if process.parent == main.pid and process.role not in HELPER_ROLES and process.pid is not None
        )
        child = next(children, None)
        if child is not None:
            self.processes.select(child.key)
            selected = self.processes.process
            self._selection_made = selected is not None and selected.key == child.key

    def draw_header(self, view: View) -> None:
        services = services_of(self)
        ended = "the run has ended" if view.snapshot.state is RunState.ENDED else "the run goes on, unseen"
        key = services.keys_shown["pause"]
        if self.controller.mode is Mode.READY:
            left, right = ((" ‖ NOT STARTED ", ""), (" Read first, then start the run.", "")), f" {key} starts it "
        else:
            left, right = ((" ‖ VIEW PAUSED ", ""), (f" {ended}", "")), f" {key} resumes "
        self.query_one("#paused", Bar).set_cells(left, ((right, ""),))
        if self.controller.recorded or self.playback.moment is not None:
            view = self.controller.view
        self.query_one(Header).show(
            self.launch,
            view,
            ending=self.controller.ending,
            recording=services.recording,
            waits=self.controller.mode is Mode.READY,
            reruns=self._reruns,
        )

    def note(self, view: View) -> None:
        for panel in (self.processes, self.query_one(Timeline)):
            panel.chart.note_holds(view)

    def _draw_detail(self) -> None:
        panel = next((panel for panel in self.all_panels if self.arrangement.enlarged == panel.NAME), None)
        if panel is not None:
            columns = self.query_one("#detail", ListRows).columns
            facts = [cells for line in panel.detail() for cells in wrapped_fact(line, columns)]
            lines = [Row(index, cells, False) for index, cells in enumerate(facts)]
            self.query_one("#detail", ListRows).set_rows(lines)

    def mode_changed(self) -> None:
        ready = self.controller.mode is Mode.READY
        self.set_class(ready or self.controller.mode is Mode.PAUSED, "-paused")
        if ready:
            self.draw_header(self.controller.view)
            self.call_after_refresh(self._rearrange)
        self.set_class(self.controller.mode in (Mode.REWOUND, Mode.REPLAY), "-rewound")
        self.refresh_bindings()

    def run_began(self, run: RunProtocol) -> None:
        if run.recorded:
            self.playback.play_from_start()

    def run_forgotten(self) -> None:
        fresh = load(self.scenario.path)
        if fresh.source:  # also with an error in it: its line is named in the output
            self.query_one(Source).load(fresh.source, str(fresh.code))
        self.playback.forget()
        self._selection_made = False
        for panel in self.query(Panel):
            if panel.id != "strip":
                panel.reset()

    def step_seen(self, index: int) -> None:
        strip = self.query_one("#strip", Steps)
        if strip.display:
            strip.seen(index)
        else:
            self.notify(sanitize(self.scenario.steps[index].do), title="✓ Seen", markup=False)

    # Layout and focus

    def arranged(self, narrow: bool) -> None:
        self.arrangement.narrow = narrow
        self.call_after_refresh(self._rearrange)

    def toasts_arranged(self, rows: int) -> None:
        """Make the status line as high as the toast that covers it, so that no panel is covered."""
        for line in self.query(StatusLine):  # none is left when the app ends
            line.styles.height = max(rows, 1)

    def wake(self) -> None:
        self.controller.wake()

    def _rearrange(self) -> None:
        """Place the panels at once, and draw them soon."""
        arrange(self, self.all_panels, self.arrangement, self.controller.view)
        if not self._draws_soon:
            self._draws_soon = True
            self.call_later(self._draw_arranged)

    def _draw_arranged(self) -> None:
        self._draws_soon = False
        self.draw(self.controller.view)
        self.call_after_refresh(self._draw_detail)  # as wide as the panel is now

    def _next_layout(self) -> None:
        names, shares = list(LAYOUTS), list(LAYOUTS.values())
        place = shares.index(self.arrangement.shares) + 1 if self.arrangement.shares in shares else 0
        name = names[place % len(names)]
        self.arrangement.heights.clear()
        self._divide(LAYOUTS[name])
        self.notify(f"Layout: {name}", timeout=2)

    def _resize_left(self, step: int) -> None:
        """Make the left column narrower or wider; the output has the rest."""
        shares = self.arrangement.shares
        now = shares.left or (self.arrangement.plan.left_percent if self.arrangement.plan is not None else 0)
        wanted = now + step * LEFT_PERCENTS.step
        self._divide(shares._replace(left=min(max(wanted, LEFT_PERCENTS[0]), LEFT_PERCENTS[-1])))

    @on(PanelArea.EdgeDragged)
    def drag_edge(self, event: PanelArea.EdgeDragged) -> None:
        arrangement, plan = self.arrangement, self.arrangement.plan
        if plan is None or arrangement.narrow or event.edge.name not in plan.regions:
            return
        if event.edge.vertical:
            size = self.query_one(PanelArea).size
            self._divide(dragged_shares(arrangement.shares, plan, size, event.edge, event.x))
        else:
            region = plan.regions[event.edge.name]
            arrangement.heights[event.edge.name] = max(event.y - region.y, MIN_ROWS)
            self._rearrange()

    def _divide(self, shares: Shares) -> None:
        self.arrangement.shares = shares
        services_of(self).remember(left_percent=shares.left, top_percent=shares.top)
        self._rearrange()

    def focus_panel(self) -> None:
        """Give the focus back to the panel that had it."""
        self.set_focus(self.panels[self.arrangement.focused - 1])

    def _open_place(self, name: str | None) -> None:
        self.arrangement.opened = name
        if name is not None:
            self.arrangement.enlarged = None
        self._rearrange()

    def show_panel(self, number: int) -> None:
        """Focus a panel. One that has no place in the layout is opened."""
        panel = self.panels[number - 1]
        self.arrangement.focus(number)
        if self.arrangement.enlarged:
            self.arrangement.enlarged = panel.NAME
        if self.drawers.open_one is None:
            self._rearrange()
        else:
            self.drawers.close()  # which arranges the panels as well
        if panel.display:
            self.set_focus(panel)  # at once: keys that are typed ahead are for this panel
        else:
            self.drawers.toggle(panel.NAME)

    def _step_panel(self, step: int) -> None:
        current = self.focused.NUMBER if isinstance(self.focused, Panel) else 1
        self.show_panel((current - 1 + step) % len(self.panels) + 1)

    def on_descendant_focus(self) -> None:
        focused, arrangement = self.focused, self.arrangement
        if isinstance(focused, Panel) and focused in self.panels and self.drawers.open_one is None:
            arrangement.focus(focused.NUMBER)
            arrange(self, self.all_panels, arrangement, self.controller.view)
            if arrangement.narrow and arrangement.chosen:
                services_of(self).remember(second_panel=arrangement.second)
        self.refresh_bindings()

    @on(TabBar.Chosen)
    def go_to_tab(self, event: TabBar.Chosen) -> None:
        numbered = {str(event.number): entry.id for entry in DRAWERS for key in entry.keys.split(",")
                    if key == str(event.number)}  # fmt: skip
        action_id = numbered.get(str(event.number), f"panel({event.number})")
        self.action_perform(action_id)

    @on(PanelArea.Resized)
    def divide_the_area(self) -> None:
        """Arrange the panels again after details below the panels or a sentence above them have changed the height."""
        arrange(self, self.all_panels, self.arrangement, self.controller.view)

    @on(Rows.Moved)
    def follow_the_cursor(self, event: Rows.Moved) -> None:
        if event.rows.parent is self.query_one("#panels"):
            self.query_one(Handle).select_process(self.processes.process)
            self._draw_detail()
            self.update_key_bar()
        if isinstance(event.rows, Messages):
            self._point_at_message()

    def _selected_object(self) -> int | None:
        """Return the key of the object that the panel with the focus has selected."""
        return self.focused.selected_object if isinstance(self.focused, Panel) else None

    def _point_at_message(self) -> None:
        self.query_one(Timeline).point_at(self.query_one(Messages).chosen)

    @on(Rows.Opened)
    def toggle_enlarged(self) -> None:
        """Enlarge the panel with the focus, or show all panels again."""
        if isinstance(self.focused, Panel):
            self.arrangement.enlarged = None if self.arrangement.enlarged else self.focused.NAME
            self._rearrange()

    @on(FindingBar.Chosen)
    @on(Header.FindingChosen)
    def open_findings(self) -> None:
        self.action_perform("findings")

    @on(Steps.Chosen)
    def open_steps(self) -> None:
        self.action_perform("steps")

    # Time

    def jump_target(self) -> Wanted:
        """Return the kind of event that the focused panel shows."""
        panel = self.drawers.open_one or self.focused
        return panel.jump_target() if isinstance(panel, Panel) else jumps.lifecycle_events()

    @on(Timeline.MomentChosen)
    def go_to_chosen(self, event: Timeline.MomentChosen) -> None:
        self.playback.go_to(event.seconds)

    @on(TimeBar.Moved)
    def drag(self, event: TimeBar.Moved) -> None:
        self.playback.drag_to(event.moment)

    # The way back

    def _back(self) -> None:
        focused = self.focused
        if isinstance(focused, Prompted) and focused.close_prompt():
            return
        if self.arrangement.enlarged:
            self.arrangement.enlarged = None
            self._rearrange()
        elif self.drawers.open_one is not None:
            self.drawers.close()
        elif isinstance(focused, Panel) and focused not in self.panels:
            self.focus_panel()
        elif isinstance(focused, Locks) and focused.graph:
            focused.action_graph()
        elif self.controller.mode is Mode.REWOUND:
            self.playback.follow()
        elif self._leaving_is_confirmed():
            self.controller.leave()
            services_of(self).close_screen()

    def _leaving_is_confirmed(self) -> bool:
        """Return True if the user may leave: a continuing run ends only if the key is pressed twice."""
        before, self._back_pressed_at = self._back_pressed_at, time.monotonic()
        run = self.controller.run
        if run is None or run.recorded or run.snapshot().state is RunState.ENDED:
            return True
        if self._back_pressed_at - before < CONFIRM_SECONDS:
            return True
        back = services_of(self).keys_shown["back"]
        self.notify(f"{back} again ends it and goes back.", title="The run goes on", timeout=CONFIRM_SECONDS)
        return False

    def _run_again(self) -> None:
        if self.controller.recorded:
            self.playback.play_from_start()
        else:
            self._start_again()

    def _start_again(self) -> None:
        """Run the program again, with the start method that the user has selected meanwhile."""
        method = services_of(self).template.start_method
        self.launch = self.controller.launch = replace(self.launch, start_method=method)
        self.controller.run_again()

    # Another version, other arguments, another start method

    def _next_start_method(self) -> None:
        """Select the start method of the next run: the present one goes on."""
        services = services_of(self)
        services.next_start_method()
        method = services.template.start_method
        if self.controller.mode is Mode.READY:
            self.launch = self.controller.launch = replace(self.launch, start_method=method)
            self.draw_header(self.controller.view)
            return
        key = services.keys_shown["again"]
        self.notify(f"{key} runs the program again with {method or 'the default of its Python'}.", title="Start method")

    def _ask_for_arguments(self) -> None:
        dialog = TypeArguments(self.launch.title, shlex.join(self.launch.args))
        services_of(self).open_dialog(dialog, self._run_with)

    def _run_with(self, text: str | None) -> None:
        arguments = split(text) if text is not None else None
        if text is None or arguments is None:
            return
        services = services_of(self)
        services.remember(arguments={**services.preferences.arguments, self.launch.script: text})
        self.launch = self.controller.launch = replace(self.launch, args=arguments)
        if self.controller.mode is Mode.READY:
            self.draw_header(self.controller.view)
        else:
            self._start_again()

    def _toggle_rerun(self) -> None:
        self._reruns = not self._reruns
        name = sanitize(self.launch.title)
        self.draw_header(self.controller.view)
        if self._reruns:
            hint = f"{name} runs again whenever it is saved."
            if is_bundled(self.scenario.path):
                key = services_of(self).keys_shown["edit"]
                hint += f" It is the installed file: {key} in the Catalog makes a copy to edit."
            self.notify(hint, title="On", timeout=5, markup=False)
        else:
            self.notify(f"{name} does not run again by itself.", title="Off", timeout=3, markup=False)

    def _look_at_file(self) -> None:
        """Check if the program was saved since it was started."""
        saved = _saved_at(self.scenario.path)
        before, self._saved_at = self._saved_at, saved
        if saved in (before, None) or before is None or self.controller.recorded or self.launch.pid is not None:
            return
        name = sanitize(self.launch.title)
        if self._reruns:
            self.notify(f"{name} was saved: it runs again.", timeout=3, markup=False)
            self._start_again()
        else:
            keys = services_of(self).keys_shown
            hint = f"{keys['again']} runs the new version, {keys['rerun_on_save']} does so at every save."
            self.notify(hint, title=f"{name} was saved", timeout=6, markup=False)

    def _say_how_to_quit(self) -> None:
        keys = services_of(self).keys_shown
        title = f"{keys['quit_here']} quits from the Catalog"
        self.notify(f"{keys['back']} goes back there; {keys['quit_now']} quits from here.", title=title)
