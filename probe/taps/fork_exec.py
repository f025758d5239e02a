"""loky/backend/fork_exec.py: the start of a worker (loky 3.3 to 3.7).

Newer releases hand the environment to `_posixsubprocess.fork_exec`, older ones to `os.execve`; both make it alike.
"""

import os

from .. import children, copies
from ..journal import count_fault
from ..weave import Weave

WEAVES = {"fork_exec": Weave(calls={"{**os.environ, **env}": "tap.environment(cmd, {})"})}

_WORKERS = tuple(root + ".backend.popen_loky_posix" for root in copies.ROOTS)


def environment(command, variables):
    """Return the environment of a new process: a worker's with what loads the probe, others' as it is."""
    try:
        if any(os.fsdecode(word) in _WORKERS for word in command):
            return {**variables, **children.additions(variables)}
    except Exception:
        count_fault()
    return variables
