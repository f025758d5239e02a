"""Lets SIGUSR2 make a process write the stacks of its threads. Every Python of a test finds this by PYTHONPATH.

Runs on CPython 3.8, like the programs that are observed.
"""

import faulthandler
import os
import signal

if "ROCKPROC_STACKS" in os.environ:
    path = os.path.join(os.environ["ROCKPROC_STACKS"], str(os.getpid()))  # noqa: PTH118
    faulthandler.register(signal.SIGUSR2, file=open(path, "ab", buffering=0), all_threads=True)  # noqa: PTH123, SIM115
