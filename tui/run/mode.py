"""The modes in which a screen shows a run, and the legal changes between them."""

from __future__ import annotations

from enum import StrEnum


class Mode(StrEnum):
    READY = "ready"
    """The run has not been started: the user reads first."""
    LIVE = "live"
    """The view follows the run, which goes on or has ended by itself."""
    PAUSED = "paused"
    """The view stays as it is while the run goes on."""
    REWOUND = "rewound"
    """The view shows an earlier moment of a run that was started here."""
    REPLAY = "replay"
    """The view shows a moment of a recording."""
    ENDING = "ending"
    """The view follows a run that the user has ended, or is ending."""

    @property
    def follows(self) -> bool:
        """True if the view is the newest one."""
        return self in (Mode.LIVE, Mode.ENDING)


TRANSITIONS: dict[Mode, frozenset[Mode]] = {
    Mode.READY: frozenset({Mode.LIVE}),
    Mode.LIVE: frozenset({Mode.PAUSED, Mode.REWOUND, Mode.REPLAY, Mode.ENDING}),
    Mode.PAUSED: frozenset({Mode.LIVE, Mode.REWOUND, Mode.ENDING}),
    Mode.REWOUND: frozenset({Mode.LIVE, Mode.ENDING}),
    Mode.REPLAY: frozenset(),
    Mode.ENDING: frozenset({Mode.LIVE, Mode.PAUSED, Mode.REWOUND}),
}
"""The modes that can follow each mode. A recording is replayed until its screen closes; a new run begins live."""


class IllegalTransition(Exception):
    """A change of mode that has no meaning. It is a fault of the caller."""


def changed(before: Mode, after: Mode) -> Mode:
    """Return the mode after a change.

    Raises:
        IllegalTransition: When `after` cannot follow `before`.
    """
    if after is not before and after not in TRANSITIONS[before]:
        raise IllegalTransition(f"{before} cannot become {after}")
    return after
