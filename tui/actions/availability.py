"""The conditions under which actions can be done, and those under which the key bar names them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec


class Situation(msgspec.Struct, frozen=True):
    """The facts about the Lab that conditions depend on."""

    scope: str = ""
    """The scope of the panel that has the focus: processes, messages, output or another one."""
    searchable: bool = False
    """True if the focused panel has text or rows that can be searched."""
    searching: bool = False
    """True if the user has searched in the focused panel."""
    recorded: bool = False
    """True if a recording is shown."""
    rewound: bool = False
    """True if an earlier moment is shown. It is always true for a recording."""
    ended: bool = False
    """True if the run has ended."""
    target_alive: bool = False
    """True if the selected process is alive."""
    target_stopped: bool = False
    attached: bool = False
    """True if the program ran before rockproc-tui was attached to it."""
    narrow: bool = False
    """True if the terminal has room for two panels only."""
    has_pools: bool = False
    has_objects: bool = False
    """True if the program has a Value, a Queue, a lock or another object on which the user can intervene."""
    enlarged: bool = False
    """True if one panel fills the screen."""
    keys: Mapping[str, str] = msgspec.field(default_factory=dict[str, str])
    """The name of each action's key in texts."""


Condition = Callable[[Situation], str]
"""Returns the reason why an action cannot be done now, as the end of a sentence; empty when it can."""


def live_run(situation: Situation) -> str:
    return "in a live run: this one is recorded" if situation.recorded else ""


def present(situation: Situation) -> str:
    return f"in the present: {situation.keys['live']} returns there" if situation.rewound else ""


def running(situation: Situation) -> str:
    return "while the run goes on" if situation.ended else ""


def large(situation: Situation) -> str:
    return "in a terminal of 100 columns and more" if situation.narrow else ""


def started_here(situation: Situation) -> str:
    return "in a run that was started here" if situation.attached else ""


def in_processes(situation: Situation) -> str:
    return "" if situation.scope == "processes" else f"in the list of processes: {situation.keys['panel(1)']}"


def in_messages(situation: Situation) -> str:
    return "" if situation.scope == "messages" else f"in Messages: {situation.keys['panel(3)']}"


def in_output(situation: Situation) -> str:
    return "" if situation.scope == "output" else f"in Output: {situation.keys['panel(6)']}"


def searched(situation: Situation) -> str:
    return "" if situation.searching else f"after a search: {situation.keys['prompt']}"


def searchable(situation: Situation) -> str:
    return "" if situation.searchable else "in Processes, Messages, Output and the panels that open over them"


def in_the_past(situation: Situation) -> str:
    return "" if situation.rewound else f"in the past: {situation.keys['step_back']} goes back"


SCOPE_CONDITIONS: Mapping[str, Condition] = {
    "processes": in_processes,
    "messages": in_messages,
    "output": in_output,
    "search": searched,
}
"""The condition that all actions of a scope have in common."""


Usefulness = Callable[[Situation], bool]
"""Tells whether an action has an effect now. The key bar leaves the others out; their keys say why nothing happens."""


def target_alive(situation: Situation) -> bool:
    return situation.target_alive and not situation.ended


def not_ended(situation: Situation) -> bool:
    return not situation.ended


def has_objects(situation: Situation) -> bool:
    return situation.has_objects and not (situation.ended or situation.rewound)


def acts_on_objects(situation: Situation) -> bool:
    """Return True if the focused panel shows objects on which the user can act."""
    return has_objects(situation) and situation.scope in ("messages", "shared", "locks")


def pausable(situation: Situation) -> bool:
    return situation.rewound or not situation.ended


def rewound(situation: Situation) -> bool:
    return situation.rewound


def has_pools(situation: Situation) -> bool:
    return situation.has_pools


def target_stopped(situation: Situation) -> bool:
    return situation.target_stopped


def enlarged(situation: Situation) -> bool:
    return situation.enlarged


def can_run_again(situation: Situation) -> bool:
    return situation.ended and not situation.recorded


def one_panel_or_ended(situation: Situation) -> bool:
    return situation.enlarged or can_run_again(situation)
