"""The policy of the cyclic garbage collector.

With Python's defaults, a collection every 700 objects, it takes a third of the CPU time while thousands of records
arrive, and delays keys by a quarter of a second: records are many, and are in no cycles.
"""

from __future__ import annotations

import gc

THRESHOLDS = (50_000, 4, 100)


def disable_during_imports() -> None:
    """Disable the garbage collector: imports create almost no garbage."""
    gc.disable()


def collect_rarely() -> None:
    """Collect rarely from now on, and never among the existing objects.

    This is called before the first run and the first screen are made: what is frozen with its last reference in a cycle
    is never freed, and a run keeps its recording and its program's shared memory open.
    """
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
    gc.enable()


def collect_ended_runs() -> None:
    """Free the runs that no screen shows any more. They are in cycles, and each has its recording open."""
    gc.collect()
