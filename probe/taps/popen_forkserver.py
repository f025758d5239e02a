"""multiprocessing/popen_forkserver.py: as popen_fork; the forkserver tells the status (CPython 3.8 to 3.13)."""

from .popen_fork import WEAVES, fault, polled

__all__ = ["WEAVES", "fault", "polled"]
