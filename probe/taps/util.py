"""multiprocessing/util.py: the command that starts a spawned child or a forkserver (CPython 3.8 to 3.13).

Such a child finds the probe by its environment, which is given to it alone: its command line, and with it every
traceback, is what it would be.
"""

import os

from .. import taps
from ..journal import fault
from ..weave import Weave

WEAVES = {"spawnv_passfds": Weave(arguments={"_posixsubprocess.fork_exec": (5, "tap.environment(args)")})}


def environment(args):
    """The environment for the child, as `fork_exec` takes it; None, as before, for a child that is not ours."""
    try:
        command = args[args.index("-c") + 1]
        if command.startswith(("from multiprocessing.spawn import", "from multiprocessing.forkserver import")):
            merged = {**os.environ, **taps.child_environment()}
            return [os.fsencode(name) + b"=" + os.fsencode(value) for name, value in merged.items()]
    except ValueError:
        pass
    except Exception:
        fault()
    return None
