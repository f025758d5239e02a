"""A function of the program that is called when a signal arrives."""

from __future__ import annotations

import msgspec

from .calls import ANYTHING, CALLBACK, RAISES
from .site import Site


class SignalHandler(msgspec.Struct, frozen=True):
    """A handler that a process has set with `signal.signal()`. It can end any wait of its process."""

    signal: str
    """The name of the signal: `SIGTERM`."""
    function: str
    site: Site | None
    """The line at which the function is defined."""
    calls: tuple[str, ...] = ()
    """The methods that it may call and that can end a wait of another thread, as its source shows: `done.set`. See
    `source.called_methods`."""
    last_line: int = 0
    """The last line of the function; 0 where that is not known."""

    def only_waits_at(self, site: Site | None) -> bool:
        """Return True if a line is inside of the function, which can end no wait there: it would wait there again."""
        return (
            site is not None
            and self.site is not None
            and site.path == self.site.path
            and self.site.line < site.line <= self.last_line
            and not {ANYTHING, CALLBACK, RAISES}.intersection(self.calls)
        )
