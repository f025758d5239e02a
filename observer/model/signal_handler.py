"""A function of the program that is called when a signal arrives."""

from __future__ import annotations

import msgspec

from .site import Site


class SignalHandler(msgspec.Struct, frozen=True):
    """A handler that a process has set with `signal.signal()`. It can end any wait of its process."""

    signal: str
    """The name of the signal: `SIGTERM`."""
    function: str
    site: Site | None
    """Where the function is defined."""
    calls: tuple[str, ...] = ()
    """The methods that it may call and that can end a wait of another thread, as its source shows: `done.set`. See
    `source.called_methods`."""
