"""Counts of what a long run no longer keeps."""

from __future__ import annotations

import msgspec


class Forgotten(msgspec.Struct, frozen=True):
    """The number of objects of each kind that were dropped in a long run; see `trackers.retention`."""

    processes: int = 0
    channels: int = 0
    values: int = 0
    locks: int = 0
    managers: int = 0
    managed: int = 0
    pools: int = 0
    findings: int = 0
    operations: int = 0
    """The operations of the dropped processes. The following fields are sums over these processes as well."""
    records: int = 0
    dropped: int = 0
    faults: int = 0
    unobserved: int = 0
    """The number of dropped processes that were not observed."""
    unobserved_parts: int = 0
    """The number of those that may have used the program's objects; see `coverage.is_part_of_program`."""
    subinterpreters: int = 0
    """The number of interpreters that the dropped processes had created."""
    fault: str = ""
    """The name of the first dropped process with a fault of the probe, and the fault."""
