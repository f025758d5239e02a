"""concurrent/futures/_base.py: who waits for the results of an executor's workers (CPython 3.8 to 3.15)."""

from ..journal import fault
from ..weave import Weave
from . import tasks
from .tasks import asked as asked
from .tasks import came as came
from .tasks import over as over

_RESULT = Weave(
    before="tap.asked(self._rockproc)",
    calls={"self._condition.wait(timeout)": "tap.waits(self, timeout) or tap.came({})"},
    failed="tap.over()",
)

WEAVES = {
    "Future.result": _RESULT,
    "Future.exception": _RESULT,
    "Future.add_done_callback": Weave(before="tap.asked(self._rockproc)"),
    "wait": Weave(
        calls={"waiter.event.wait(timeout)": "tap.waits_for_one(not_done, timeout) or tap.came({})"},
        failed="tap.over()",
    ),
    "as_completed": Weave(
        calls={"waiter.event.wait(wait_timeout)": "tap.waits_for_one(pending, wait_timeout) or tap.came({})"},
        failed="tap.over()",
    ),
}


def loaded(module):
    module.Future._rockproc = None


def waits(future, timeout):
    try:
        tasks.awaiting(future._rockproc, timeout=timeout)
    except Exception:
        fault()


def waits_for_one(futures, timeout):
    """Note a wait for the pool of the first future: usually all of them belong to the same pool."""
    try:
        for future in futures:
            tasks.awaiting(future._rockproc, timeout=timeout)
            break
    except Exception:
        fault()
