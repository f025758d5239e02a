"""When Python looks for garbage that refers to itself.

As it comes, that is every 700 objects and all of them again and again, it takes a third of the time in which records
come in by the thousand, and holds up keys for a quarter of a second: records are many, and refer to nothing.
"""

from __future__ import annotations

import gc

THRESHOLDS = (50_000, 4, 100)


def not_yet() -> None:
    """While everything is being imported, nothing is garbage."""
    gc.disable()


def rarely() -> None:
    """From now on, and never among what is there already, for that stays."""
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
    gc.enable()


def let_go() -> None:
    """A run that nobody shows any more refers to itself, and as long as it is there its recording is an open file."""
    gc.collect()


def keep() -> None:
    """What has been made since stays as well: it need not be gone through again and again."""
    gc.collect()
    gc.freeze()
