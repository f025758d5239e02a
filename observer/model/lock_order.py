"""The locks that threads have acquired while they held others."""

from __future__ import annotations

import msgspec

from .access import Thread
from .keys import LockKey
from .site import Site


class Section(msgspec.Struct):
    """A time in which a thread held one lock, or waited for it, and acquired a second one. Seconds since launch."""

    begin: float
    alone_since: float
    """The time since which, until the begin, the process is known to have received nothing from others."""
    end: float = float("inf")

    def overlaps(self, other: Section) -> bool:
        return self.begin < other.end and other.begin < self.end

    def unordered(self, other: Section) -> bool:
        """Return True if it is proved that nothing has put this section and one of another process in order.

        They overlap, or the later one's process has received nothing since before the end of the earlier one.
        """
        first, second = sorted((self, other), key=lambda section: section.begin)
        return second.begin < first.end or second.alone_since <= first.end


class LockOrder(msgspec.Struct):
    """One thread has acquired the lock `second` while it held `first`."""

    thread: Thread
    first: LockKey
    second: LockKey
    first_site: Site | None
    second_site: Site | None
    gates: frozenset[LockKey]
    """The locks that the thread had acquired before both of them, every time."""
    sections: list[Section] = msgspec.field(default_factory=list[Section])
    """The newest sections that have ended."""
