"""The table of actions. Keys, palette, help, key bar and docs/keys.md are made from it."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from textual.binding import Binding

from .availability import (
    SCOPE_CONDITIONS,
    Condition,
    Situation,
    Usefulness,
    acts_on_objects,
    can_run_again,
    enlarged,
    has_objects,
    in_the_past,
    large,
    live_run,
    not_ended,
    one_panel_or_ended,
    pausable,
    present,
    rewound,
    running,
    searchable,
    started_here,
    target_alive,
    target_stopped,
)
from .panels import DRAWERS, PANELS


class Action(msgspec.Struct, frozen=True):
    id: str
    """The name in a user's keys.toml, in the handlers of the Lab, and in `action_<id>` of the Catalog and the app."""
    keys: str
    label: str
    """The name in the key bar."""
    help: str
    scope: str
    """The scope: everywhere, catalog or lab; processes, messages or output, if that panel of the Lab must be focused;
    or search, if the user must have searched for something."""
    python: str = ""
    """The equivalent Python."""
    shown: bool = True
    """True if the key bar names it."""
    display: str | None = None
    """The key as the key bar shows it."""
    palette: bool = True
    title: str = ""
    """The name in the palette; without one it is made of the group and the label."""
    synonyms: str = ""
    """Other words by which the palette finds the action."""
    ends_run: bool = False
    """True if processes can end by it: the palette then finds it by its name only."""
    needs: tuple[Condition, ...] = ()
    """The action can be done when each of these conditions and that of its scope is met."""
    useful: Usefulness | None = None
    """The key bar names the action only when this is true."""
    renamed: tuple[str, Usefulness] | None = None
    """Another label, and the condition under which the key bar shows it."""
    pinned: Usefulness | None = None
    """The key bar names the action, whatever else it has no room for, when this is true."""

    @property
    def name(self) -> str:
        return self.title or f"{PALETTE_GROUPS[self.scope]}: {self.label}"

    @property
    def call(self) -> str:
        """The action as Textual calls it."""
        return f"perform({self.id!r})" if self.scope in LAB else self.id


PALETTE_GROUPS = {
    "catalog": "Catalog",
    "processes": "Process",
    "messages": "Messages",
    "output": "Output",
    "search": "Search",
    "lab": "Run",
    "everywhere": "App",
}
CATALOG = ("catalog",)
LAB = ("processes", "messages", "output", "search", "lab")
"""The scopes whose keys a screen has, beside those that work everywhere."""

SIGNAL = (live_run,)

ACTIONS = (
    # Catalog
    Action(
        "run",
        "enter",
        "run",
        "Run the selected scenario and watch it",
        "catalog",
        title="Scenario: run",
        synonyms="start launch",
    ),
    Action(
        "run_paused",
        "p",
        "open paused",
        "Open the selected scenario without starting it, to read it first",
        "catalog",
        title="Scenario: open paused",
        synonyms="read wait hold",
    ),
    Action(
        "start_method",
        "s",
        "start method",
        "Select the start method: default, fork, spawn or forkserver",
        "catalog",
        "multiprocessing.set_start_method(…)",
        title="Scenario: start method",
        synonyms="fork spawn forkserver",
    ),
    Action(
        "scroll_on",
        "space",
        "read on",
        "Scroll the page of the selected scenario: its text, and then its source",
        "catalog",
        palette=False,
    ),
    Action(
        "scroll_back",
        "b",
        "read back",
        "Scroll the page of the selected scenario back",
        "catalog",
        shown=False,
        palette=False,
    ),
    Action(
        "filter",
        "slash",
        "filter",
        "Show only the scenarios that match",
        "catalog",
        title="Scenarios: filter",
        synonyms="search find",
    ),
    Action(
        "open_file",
        "o",
        "open file",
        "Open a Python file or a recording",
        "catalog",
        title="File: open",
        synonyms="recording path script",
    ),
    Action(
        "edit",
        "e",
        "edit",
        "Edit the file in $VISUAL or $EDITOR; a bundled scenario is copied to the current directory first",
        "catalog",
        title="Scenario: edit a copy",
        synonyms="editor change modify",
    ),
    Action(
        "arguments",
        "a",
        "arguments",
        "Type the arguments of the program, and run it with them. They are remembered",
        "catalog",
        shown=False,
        title="Scenario: arguments…",
        synonyms="argv options parameters",
    ),
    Action(
        "reset",
        "x",
        "reset copy",
        "Replace your copy of a bundled scenario in the current directory by the bundled version",
        "catalog",
        shown=False,
        title="Scenario: reset the copy",
        synonyms="restore original undo",
    ),
    Action(
        "copy",
        "y",
        "copy",
        "Copy the source",
        "catalog",
        shown=False,
        title="Scenario: copy source",
        synonyms="clipboard",
    ),
    Action(
        "back",
        "escape",
        "back",
        "Clear the filter",
        "catalog",
        shown=False,
        palette=False,
        title="Run: back to the Catalog",
        ends_run=True,
    ),
    Action("quit_here", "q", "quit", "Quit", "catalog", palette=False),
    # Lab, the selected process
    Action(
        "terminate",
        "t",
        "terminate",
        "Send SIGTERM to the selected process",
        "processes",
        "process.terminate()",
        needs=SIGNAL,
        useful=target_alive,
        title="Process: terminate",
        ends_run=True,
    ),
    Action(
        "kill",
        "9",
        "kill",
        "Send SIGKILL (9) to the selected process: it ends at once",
        "processes",
        "process.kill()",
        needs=SIGNAL,
        useful=target_alive,
        title="Process: kill",
        ends_run=True,
    ),
    Action(
        "freeze",
        "z",
        "freeze",
        "Freeze the selected process, or let it continue",
        "processes",
        "os.kill(process.pid, signal.SIGSTOP)",
        needs=SIGNAL,
        useful=target_alive,
        renamed=("continue", target_stopped),
        title="Process: freeze or continue",
        synonyms="pause sigstop sigcont suspend",
    ),
    Action(
        "interrupt",
        "i",
        "interrupt",
        "Send SIGINT to the selected process: KeyboardInterrupt in its main thread",
        "processes",
        "os.kill(process.pid, signal.SIGINT)",
        shown=False,
        needs=SIGNAL,
        useful=target_alive,
        title="Process: interrupt",
        ends_run=True,
    ),
    Action(
        "signal_menu",
        "x",
        "signal…",
        "Send any signal to the selected process",
        "processes",
        "os.kill(process.pid, …)",
        shown=False,
        needs=SIGNAL,
        useful=target_alive,
        title="Process: send signal…",
        ends_run=True,
    ),
    Action(
        "sort",
        "o",
        "sort",
        "Sort the children of each process: as they were made, by CPU, memory, name, time in state",
        "processes",
        shown=False,
        title="Processes: sort",
        synonyms="order cpu memory name",
    ),
    Action(
        "hide_ended",
        "d",
        "hide",
        "Hide the selected process, if it has ended",
        "processes",
        shown=False,
        title="Processes: hide this one",
        synonyms="dismiss",
    ),
    Action(
        "hide_all_ended",
        "D",
        "hide ended",
        "Hide ended processes",
        "processes",
        shown=False,
        title="Processes: hide ended",
        synonyms="dismiss",
    ),
    Action(
        "show_hidden",
        "H",
        "show hidden",
        "Show hidden processes",
        "processes",
        shown=False,
        title="Processes: show hidden",
        synonyms="dismissed",
    ),
    # Lab, lists
    Action(
        "mark",
        "m",
        "mark",
        "Mark the selected message, or remove its mark",
        "messages",
        title="Message: mark",
        synonyms="bookmark",
    ),
    Action(
        "next_mark",
        "apostrophe",
        "next mark",
        "Go to the next marked message",
        "messages",
        display="'",
        title="Message: next mark",
        synonyms="bookmark",
    ),
    Action(
        "one_process",
        "p",
        "one process",
        "Show the output of the process on the selected line only, or of all",
        "output",
        title="Output: one process",
        synonyms="filter",
    ),
    Action(
        "find_next",
        "n",
        "next",
        "Go to the next match",
        "search",
        shown=False,
        title="Search: next match",
        synonyms="find",
    ),
    Action(
        "find_before",
        "N",
        "previous",
        "Go to the previous match",
        "search",
        shown=False,
        title="Search: previous match",
        synonyms="find",
    ),
    # Lab, the run
    Action(
        "pause",
        "space",
        "pause",
        "Pause the view while the run goes on; play a rewound run",
        "lab",
        useful=pausable,
        renamed=("play", rewound),
        title="View: pause or play",
        synonyms="hold freeze still",
    ),
    Action(
        "step_back",
        "comma",
        "rewind",
        "Go back to the previous change",
        "lab",
        display=", .",
        title="Time: step back",
        synonyms="rewind past previous undo",
    ),
    Action(
        "step_on",
        "full_stop",
        "step on",
        "Go on to the next change",
        "lab",
        shown=False,
        title="Time: step on",
        synonyms="forward next",
    ),
    Action(
        "jump_back",
        "left_square_bracket",
        "jump",
        "Go back to the previous event of the panel's kind: an end, a message, a change",
        "lab",
        display="[ ]",
        useful=rewound,
        title="Time: jump back",
        synonyms="rewind past event",
    ),
    Action(
        "jump_on",
        "right_square_bracket",
        "jump on",
        "Go on to the next event of the panel's kind",
        "lab",
        shown=False,
        title="Time: jump on",
        synonyms="forward event",
    ),
    Action(
        "leap_back",
        "ctrl+left",
        "5 s back",
        "Go back five seconds",
        "lab",
        shown=False,
        title="Time: 5 s back",
        synonyms="rewind",
    ),
    Action(
        "leap_on",
        "ctrl+right",
        "5 s on",
        "Go on five seconds",
        "lab",
        shown=False,
        title="Time: 5 s on",
        synonyms="forward",
    ),
    Action(
        "slower",
        "less_than_sign",
        "slower",
        "Play a rewound run or a recording more slowly",
        "lab",
        shown=False,
        title="Time: slower",
        synonyms="speed",
    ),
    Action(
        "faster",
        "greater_than_sign",
        "faster",
        "Play a rewound run or a recording faster",
        "lab",
        shown=False,
        title="Time: faster",
        synonyms="speed",
    ),
    Action(
        "live",
        "backspace",
        "now",
        "Return to the present; in a recording, go to its end",
        "lab",
        needs=(in_the_past,),
        title="Time: now",
        synonyms="present live end",
    ),
    Action(
        "save",
        "W",
        "save",
        "Save what has been recorded so far, to replay it or share it",
        "lab",
        shown=False,
        title="Run: save recording",
        synonyms="export keep file",
    ),
    Action(
        "end_run",
        "S",
        "end run",
        "End every process of the run",
        "lab",
        needs=(live_run,),
        useful=not_ended,
        title="Run: end",
        synonyms="stop",
        ends_run=True,
    ),
    Action(
        "again",
        "R",
        "run again",
        "End what is left and run the program again",
        "lab",
        pinned=can_run_again,
        title="Run: run again",
        ends_run=True,
    ),
    Action(
        "run_arguments",
        "A",
        "arguments",
        "Type the arguments of the program, and run it again with them. They are remembered",
        "lab",
        shown=False,
        needs=(live_run, started_here),
        title="Run: arguments…",
        synonyms="argv options parameters rerun",
        ends_run=True,
    ),
    Action(
        "next_start_method",
        "s",
        "start method",
        "Select the start method of the next run: default, fork, spawn or forkserver",
        "lab",
        "multiprocessing.set_start_method(…)",
        shown=False,
        needs=(live_run, started_here),
        title="Run: start method",
        synonyms="fork spawn forkserver",
    ),
    Action(
        "rerun_on_save",
        "ctrl+r",
        "run on save",
        "Run the program again whenever its file is saved, or no longer",
        "lab",
        shown=False,
        needs=(live_run, started_here),
        title="Run: again on save",
        synonyms="watch rerun edit save",
    ),
    Action(
        "zoom",
        "enter",
        "enlarge",
        "Enlarge the panel to the whole screen, with details of the selected row",
        "lab",
        shown=False,
        title="Panel: enlarge",
        synonyms="zoom fullscreen maximize",
    ),
    Action(
        "layout",
        "L",
        "layout",
        "Divide the screen in another way: balanced, wide output, wide panels, many processes. It is remembered",
        "lab",
        shown=False,
        needs=(large,),
        title="View: next layout",
        synonyms="preset arrange divide size resize",
    ),
    Action(
        "left_narrower",
        "left_curly_bracket",
        "wider output",
        "Make the output wider and the panels beside it narrower",
        "lab",
        shown=False,
        display="{",
        needs=(large,),
        title="View: wider output",
        synonyms="resize size layout narrower",
    ),
    Action(
        "left_wider",
        "right_curly_bracket",
        "narrower output",
        "Make the output narrower and the panels beside it wider",
        "lab",
        shown=False,
        display="}",
        needs=(large,),
        title="View: narrower output",
        synonyms="resize size layout wider",
    ),
    Action(
        "back",
        "escape",
        "back",
        "Close what is open; with nothing open, return to the Catalog and end the run. "
        "A run that goes on ends only at the second press",
        "lab",
        renamed=("all panels", enlarged),
        pinned=one_panel_or_ended,
    ),
    *(
        Action(
            entry.id,
            entry.keys,
            entry.label,
            entry.help,
            "lab",
            shown=entry.shown,
            display=entry.display,
            useful=entry.useful,
            title=entry.title,
            pinned=entry.useful,
            synonyms=entry.synonyms,
        )
        for entry in DRAWERS
    ),
    Action(
        "intervene",
        "u",
        "intervene",
        "Do something to an object: set a Value or an Event, put or drop an item, acquire or release a lock",
        "lab",
        "counter.value = 5; tasks.put('x'); ready.set(); lock.release()",
        needs=(live_run, present, running),
        useful=has_objects,
        pinned=acts_on_objects,
        title="Intervene: change an object…",
        synonyms="set put send drop acquire release clear event value array queue pipe lock semaphore playground write",
    ),
    Action(
        "prompt",
        "slash",
        "search",
        "Search the panel; in the list of processes, show only those that match",
        "lab",
        display="/",
        needs=(searchable,),
        title="Panel: search",
        synonyms="find filter",
    ),
    Action(
        "copy",
        "y",
        "copy",
        "Copy the selected row; the whole preview of a message, a whole stack or source",
        "lab",
        shown=False,
        title="Panel: copy row",
        synonyms="clipboard",
    ),
    Action(
        "copy_report",
        "Y",
        "copy report",
        "Copy a report of the run, as `rockproc-tui run` prints it",
        "lab",
        shown=False,
        title="Run: copy report",
        synonyms="clipboard",
    ),
    Action(
        "freeze_all",
        "Z",
        "freeze all",
        "Freeze every process of the run, or let them continue",
        "lab",
        "for process in processes: os.kill(process.pid, signal.SIGSTOP)",
        shown=False,
        needs=SIGNAL,
        title="All processes: freeze or continue",
        synonyms="pause sigstop suspend",
    ),
    Action(
        "terminate_all",
        "T",
        "terminate all",
        "Send SIGTERM to every process of the run",
        "lab",
        "for process in processes: process.terminate()",
        shown=False,
        needs=SIGNAL,
        title="All processes: terminate",
        ends_run=True,
    ),
    Action(
        "kill_all",
        "K",
        "kill all",
        "Send SIGKILL to every process of the run",
        "lab",
        "for process in processes: process.kill()",
        shown=False,
        needs=SIGNAL,
        title="All processes: kill",
        ends_run=True,
    ),
    Action(
        "interrupt_all",
        "I",
        "interrupt all",
        "Send SIGINT to every process, as ctrl+c in a terminal does",
        "lab",
        "os.killpg(0, signal.SIGINT)",
        shown=False,
        needs=SIGNAL,
        title="All processes: interrupt",
        ends_run=True,
    ),
    Action(
        "signal_menu_all",
        "X",
        "signal all…",
        "Send any signal to every process of the run",
        "lab",
        shown=False,
        needs=SIGNAL,
        title="All processes: send signal…",
        ends_run=True,
    ),
    Action("next_panel", "tab", "next panel", "Focus the next panel", "lab", shown=False, palette=False),
    Action(
        "previous_panel", "shift+tab", "previous panel", "Focus the previous panel", "lab", shown=False, palette=False
    ),
    *(
        Action(f"panel({entry.keys})", entry.keys, entry.label, entry.help, "lab", shown=False, palette=False)
        for entry in sorted(PANELS, key=lambda entry: entry.keys)
    ),
    Action("quit_here", "q", "quit", "Show how to quit the app", "lab", shown=False, palette=False),
    # Everywhere
    Action(
        "record",
        "r",
        "record",
        "Record the screen as an asciicast, or end the recording",
        "everywhere",
        title="Screen: record",
        synonyms="asciicast screencast video",
    ),
    Action(
        "help",
        "question_mark,f1",
        "help",
        "List the keys that work here, to search and to run",
        "everywhere",
        display="?",
        palette=False,
    ),
    Action(
        "command_palette", "ctrl+p", "commands", "List every command by name", "everywhere", shown=False, palette=False
    ),
    Action(
        "quit_now",
        "ctrl+q",
        "quit",
        "Quit; a run is ended first",
        "everywhere",
        shown=False,
        title="App: quit",
        ends_run=True,
    ),
    Action("interrupted", "ctrl+c", "quit?", "Show how to quit the app", "everywhere", shown=False, palette=False),
    Action(
        "screenshot_here",
        "ctrl+s",
        "screenshot",
        "Save the screen as an SVG picture",
        "everywhere",
        shown=False,
        title="Screen: screenshot",
        synonyms="svg picture image",
    ),
)


GROUPS = {
    "processes": Binding.Group("The selected process"),
    "messages": Binding.Group("The selected message"),
    "output": Binding.Group("The selected line"),
    "search": Binding.Group("Search"),
}
"""The headings under which the help lists the actions that work in one place of the Lab only."""
PRIORITY = ("quit_now", "interrupted")
"""These actions are done before their key goes to the widget that has the focus."""


def in_scope(*scopes: str) -> Iterator[Action]:
    return (action for action in ACTIONS if action.scope in scopes)


def bindings(*scopes: str) -> list[Binding]:
    """Return the BINDINGS of a screen or of the app."""
    return [
        Binding(
            action.keys,
            action.call,
            action.label,
            show=action.shown,
            tooltip=action.help,
            key_display=action.display,
            priority=action.id in PRIORITY,
            id=action.id,
            group=GROUPS.get(action.scope),
        )
        for action in in_scope(*scopes)
    ]


def unavailable(action: Action, situation: Situation) -> str:
    """Return the reason why an action cannot be done now, as the end of a sentence; empty when it can."""
    scope = SCOPE_CONDITIONS.get(action.scope)
    conditions = (*action.needs, scope) if scope is not None else action.needs
    return next((reason for condition in conditions if (reason := condition(situation))), "")
