"""An action of the user, as the Python that it equals."""

from __future__ import annotations

import msgspec


class Command(msgspec.Struct, frozen=True):
    """An action of the user on the run, as equivalent Python."""

    at: float
    python: str
    """The Python text: `worker_1.terminate()  # SIGTERM to 4127`."""
    result: str = ""
    """The reason why it was not done; empty if it was."""
