"""Counts of what a long run no longer keeps."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Forgotten:
    """How many have been let go, since a long run has too many to keep them all; see `forgetting`."""

    processes: int = 0
    channels: int = 0
    values: int = 0
    locks: int = 0
    managers: int = 0
    managed: int = 0
    pools: int = 0
    findings: int = 0
    operations: int = 0
    """These and the following are sums over those processes."""
    records: int = 0
    dropped: int = 0
    faults: int = 0
    unobserved: int = 0
    """How many of those processes were not observed."""
    unobserved_parts: int = 0
    """How many of these may have used the program's objects; see `coverage.is_part_of_program`."""
    fault: str = ""
    """The first of them, and whose it was."""
