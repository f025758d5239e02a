"""Everything that a person can do, in one place: keys, palette, help and the key bar are made from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from textual.binding import Binding


@dataclass(frozen=True)
class Action:
    id: str
    """Also the name of the method that does it: `action_<id>`."""
    keys: str
    label: str
    """In the key bar."""
    help: str
    scope: str
    """everywhere, catalog, lab; or where in the Lab the keys must go: processes, messages, output, search."""
    python: str = ""
    """The Python that it equals."""
    shown: bool = True
    """Whether the key bar has it."""
    display: str | None = None
    palette: bool = True


ACTIONS = (
    # Catalog
    Action("run", "enter", "run", "Run the chosen scenario and watch it", "catalog"),
    Action("start_method", "s", "start method", "Choose how processes start: default, fork, spawn or forkserver",
           "catalog",
           "multiprocessing.set_start_method(…)"),
    Action("filter", "slash", "filter", "Show only the scenarios with these letters", "catalog"),
    Action("open_file", "o", "open file", "Open any Python file or recording by its path", "catalog"),
    Action("edit", "e", "edit", "Open the scenario in $VISUAL or $EDITOR", "catalog"),
    Action("copy", "y", "copy", "Copy the source", "catalog", shown=False),
    Action("back", "escape", "back", "Clear the filter", "catalog", shown=False, palette=False),
    Action("quit_here", "q", "quit", "Quit", "catalog", palette=False),
    # Lab, the chosen process
    Action("terminate", "t", "terminate", "Send SIGTERM to the chosen process", "processes", "process.terminate()"),
    Action("kill", "9", "kill", "Send SIGKILL, number 9: it ends at once and can do nothing about it", "processes",
           "process.kill()"),
    Action("freeze", "z", "freeze", "Stop the chosen process, or let it go on", "processes",
           "os.kill(process.pid, signal.SIGSTOP)"),
    Action("interrupt", "i", "interrupt", "Send SIGINT: KeyboardInterrupt in its main thread", "processes",
           "os.kill(process.pid, signal.SIGINT)"),
    Action("signal_menu", "x", "signal…", "Send any signal to the chosen process", "processes",
           "os.kill(process.pid, …)", shown=False),
    Action("sort", "o", "order", "List the processes in another order: as a tree, by CPU, memory, name, time in state",
           "processes", shown=False),
    Action("hide_ended", "d", "dismiss", "Show the chosen process no more, if it has ended", "processes", shown=False),
    Action("hide_all_ended", "D", "dismiss ended", "Show no process any more that has ended", "processes", shown=False),
    Action("show_hidden", "H", "show hidden", "Show the processes again that were dismissed", "processes", shown=False),
    # Lab, lists
    Action("mark", "m", "mark", "Mark the chosen message, or no longer", "messages"),
    Action("next_mark", "apostrophe", "next mark", "Go to the next marked message", "messages", display="'"),
    Action("one_process", "p", "one process", "Show the process of the chosen line alone, or all", "output"),
    Action("find_next", "n", "next", "Go to the next row that matches", "search", shown=False),
    Action("find_before", "N", "before", "Go to the row before that matches", "search", shown=False),
    # Lab, the run
    Action("pause", "space", "hold view", "Hold the picture still while the run goes on; play what is rewound", "lab"),
    Action("step_back", "comma", "rewind", "Go back to the change before", "lab", display=", ."),
    Action("step_on", "full_stop", "step on", "Go on to the next change", "lab", shown=False),
    Action("jump_back", "left_square_bracket", "jump",
           "Go back to the last thing of the panel's kind: a death, a message, a change", "lab",
           display="[ ]"),
    Action("jump_on", "right_square_bracket", "jump on", "Go on to the next thing of the panel's kind", "lab",
           shown=False),
    Action("leap_back", "ctrl+left", "5 s back", "Go back five seconds", "lab", shown=False),
    Action("leap_on", "ctrl+right", "5 s on", "Go on five seconds", "lab", shown=False),
    Action("slower", "less_than_sign", "slower", "Play what is rewound or recorded more slowly", "lab", shown=False),
    Action("faster", "greater_than_sign", "faster", "Play what is rewound or recorded faster", "lab", shown=False),
    Action("live", "backspace", "now", "Back to the present; in a recording, to its end", "lab"),
    Action("save", "W", "save", "Save what has been recorded by now, to be replayed or sent to somebody", "lab",
           shown=False),
    Action("stop", "S", "stop", "End every process of the run", "lab"),
    Action("again", "R", "run again", "Stop what is left and run the program again", "lab"),
    Action("zoom", "enter", "enlarge", "Give the panel the whole screen, with details of the chosen row", "lab",
           shown=False),
    Action("back", "escape", "back", "Close what is open; with nothing open, go back, and end the run: one that goes "
           "on, at the second press", "lab"),
    Action("findings", "f,7", "findings", "Show the problems that were found", "lab", display="f"),
    Action("pools", "P,8", "pools", "Show the tasks of Pools and executors, and what each worker runs", "lab",
           display="P"),
    Action("source", "v", "source", "Show the code, and at which line each process waits or was last seen", "lab"),
    Action("prompt", "slash", "search", "Search in the panel; in the list of processes, show only those that match",
           "lab", display="/"),
    Action("stack", "b", "stack", "Show where every thread of the chosen process is; again to look again", "lab",
           shown=False),
    Action("experiments", "e", "try", "Show what to try with this scenario", "lab", shown=False),
    Action("commands", "at", "log", "Show what you did as the Python it equals", "lab", shown=False),
    Action("copy", "y", "copy", "Copy the chosen row; of a message the whole preview, of a stack and of the source all",
           "lab", shown=False),
    Action("copy_report", "Y", "copy report", "Copy a report of the run, as `rockproc-tui run` prints it", "lab",
           shown=False),
    Action("freeze_all", "Z", "freeze all", "Stop every process of the run, or let all go on", "lab",
           "os.kill(each.pid, signal.SIGSTOP)", shown=False),
    Action("terminate_all", "T", "terminate all", "Send SIGTERM to every process of the run", "lab",
           "for each in processes: each.terminate()", shown=False),
    Action("kill_all", "K", "kill all", "Send SIGKILL to every process of the run", "lab",
           "for each in processes: each.kill()", shown=False),
    Action("interrupt_all", "I", "interrupt all", "Send SIGINT to every process, as ctrl+c in a terminal does", "lab",
           "os.killpg(0, signal.SIGINT)", shown=False),
    Action("signal_menu_all", "X", "signal all…", "Send any signal to every process of the run", "lab", shown=False),
    Action("next_panel", "tab", "next panel", "Give the keys to the next panel", "lab", shown=False, palette=False),
    Action("previous_panel", "shift+tab", "previous panel", "Give the keys to the panel before", "lab", shown=False,
           palette=False),
    *(
        Action(f"panel({number})", str(number), name.lower(), f"Give the keys to {name}", "lab", shown=False,
           palette=False)
        for number, name in enumerate(("Processes", "Timeline", "Messages", "Shared", "Locks", "Output"), 1)
    ),
    Action("quit_here", "q", "quit", "Says how to quit: from the Catalog", "lab", shown=False, palette=False),
    # Everywhere
    Action("record", "r", "record", "Record the screen as an asciicast, or end the recording", "everywhere"),
    Action("help", "question_mark,f1", "help", "The keys that work here, to search and to run", "everywhere",
           display="?",
           palette=False),
    Action("command_palette", "ctrl+p", "commands", "Every command by name", "everywhere", shown=False, palette=False),
    Action("quit_now", "ctrl+q", "quit", "Quit; a run is stopped first", "everywhere", shown=False),
    Action("interrupted", "ctrl+c", "quit?", "Says how to quit", "everywhere", shown=False, palette=False),
    Action("screenshot_here", "ctrl+s", "screenshot", "Save the screen as an SVG picture", "everywhere", shown=False),
)  # fmt: skip


GROUPS = {
    "processes": Binding.Group("The chosen process"),
    "messages": Binding.Group("The chosen message"),
    "output": Binding.Group("The chosen line"),
    "search": Binding.Group("Search"),
}
"""How the help names what works in one place of the Lab only."""
PRIORITY = ("quit_now", "interrupted")
"""Done before the key goes to what has the focus."""


CATALOG = ("catalog",)
LAB = ("processes", "messages", "output", "search", "lab")
"""The scopes whose keys a screen has, beside those that work everywhere."""


def in_scope(*scopes: str) -> Iterator[Action]:
    return (action for action in ACTIONS if action.scope in scopes)


def bindings(*scopes: str) -> list[Binding]:
    """For a screen's or the app's BINDINGS."""
    return [
        Binding(
            action.keys,
            action.id,
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


def find(action_id: str, scope: str) -> Action | None:
    return next((action for action in ACTIONS if action.id == action_id and action.scope == scope), None)
