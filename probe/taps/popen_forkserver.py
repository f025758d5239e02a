"""multiprocessing/popen_forkserver.py: like popen_fork; the forkserver reports the status (CPython 3.8 to 3.15)."""

from ..weave import Weave
from .popen_fork import polled

__all__ = ["WEAVES", "polled"]

WEAVES = {"Popen.poll": Weave(calls={"self.returncode": "tap.polled(self, {})"})}
