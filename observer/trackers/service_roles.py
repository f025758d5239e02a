"""Recognises the processes that multiprocessing, or a copy of it, starts for itself."""

from __future__ import annotations

_ROLES = {
    ".resource_tracker import main": "resource tracker",
    ".semaphore_tracker import main": "resource tracker",
    ".forkserver import main": "forkserver",
}


def role_by_command(command: str) -> str | None:
    """Return the role of a process whose command line this is, or None if it is a program of another kind."""
    return next((role for part, role in _ROLES.items() if part in command), None)
