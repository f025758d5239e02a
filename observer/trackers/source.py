"""One journal of the probe, and the objects that its numbers stand for."""

from __future__ import annotations

from collections import Counter

import msgspec
from rockproc.probe import records

from ..journals.reader import Journal
from ..journals.sampling import SamplingControl
from ..model import Process, Site


class Source(msgspec.Struct):
    """One journal, and the objects that its numbers stand for."""

    journal: Journal
    process: Process
    sampling: SamplingControl
    files: dict[int, str] = msgspec.field(default_factory=dict[int, str])
    methods: dict[int, str] = msgspec.field(default_factory=dict[int, str])
    """Names of the methods that proxies call, by their numbers in this journal."""
    awaited: dict[int, records.Awaited] = msgspec.field(default_factory=dict[int, records.Awaited])
    """Objects for which threads wait together, by their number in this journal."""
    idle: bool = False
    """True if its journal had nothing new at the last poll."""
    left: int = 0
    """Operations on objects that have died since, and whose cells are those of others."""
    unsent: Counter[int] = msgspec.field(default_factory=Counter[int])
    """The number of items put and not sent into channels whose cells now belong to other objects."""
    recorded: int = 0
    """Records of operations that cells count as well."""
    waits: dict[tuple[int, int], tuple[object, float]] = msgspec.field(
        default_factory=dict[tuple[int, int], tuple[object, float]]
    )
    """The counts that identify a wait, and when the wait was first seen, by object and thread."""

    sites: dict[int, Site] = msgspec.field(default_factory=dict[int, Site])
    """A cache of the sites, by their packed form."""

    in_library: dict[int, Site] = msgspec.field(default_factory=dict[int, Site])
    """The line of the library that made an object, by the key of the object, which is announced next."""

    def site(self, packed: int) -> Site | None:
        site = self.sites.get(packed)
        if site is None and packed:
            path = self.files.get(packed >> 32)
            if path is not None:
                site = self.sites[packed] = Site(path, packed & 0xFFFFFFFF)
        return site

    def keep(self, known: set[int]) -> None:
        """Drop what is kept for all objects but the known ones."""
        self.sampling.ever_sampled &= known
        self.waits = {(key, thread): wait for (key, thread), wait in self.waits.items() if key in known}
