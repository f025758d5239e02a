"""Findings that are of no interest once they no longer hold, and those that are."""

from __future__ import annotations

from .schema import Finding

LASTING = ("busy-polling", "lock-convoy", "oversubscription", "queue-grows", "zombie")
"""Rules whose hints are about time, memory or pids that were used. They matter even when that is over, and their texts
are in the past tense then."""


def is_reported(finding: Finding) -> bool:
    """Return False for a hint that no longer holds, and so has become another finding or has come to nothing."""
    return finding.active or finding.severity != "info" or finding.rule in LASTING
