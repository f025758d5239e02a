"""A keeper that starts before the command line is read, so that its interpreter starts while ours imports modules.

When no program is launched, the keeper ends with us.
"""

from __future__ import annotations

from contextlib import suppress

from .keeper import Keeper
from .session import Session

_early: list[tuple[Session, Keeper]] = []


def start_early() -> None:
    """Start a keeper for a program that has our standard streams. Where that fails, a later attempt says why."""
    session = Session()
    with suppress(OSError):
        _early.append((session, Keeper(folder=session.path, inherit=True)))


def take_early() -> tuple[Session, Keeper] | None:
    """Return the keeper that was started early, with the session whose folder it will remove; None if there is none."""
    return _early.pop() if _early else None
