"""concurrent/futures/_base.py: who waits for the results of an executor's workers (CPython 3.8 to 3.15)."""

from ..journal import count_fault
from ..weave import Weave
from . import tasks
from .tasks import asked as asked
from .tasks import wait_ended as wait_ended
from .tasks import wait_returned as wait_returned

_RESULT = Weave(
    before="tap.asked(self._rockproc)",
    calls={"self._condition.wait(timeout)": "tap.wait_begins(self, timeout) or tap.wait_returned({})"},
    failed="tap.wait_ended()",
)

WEAVES = {
    "Future.result": _RESULT,
    "Future.exception": _RESULT,
    "Future.add_done_callback": Weave(before="tap.asked(self._rockproc)"),
    "wait": Weave(
        calls={"waiter.event.wait(timeout)": "tap.wait_for_any_begins(not_done, timeout) or tap.wait_returned({})"},
        failed="tap.wait_ended()",
    ),
    "as_completed": Weave(
        calls={
            "waiter.event.wait(wait_timeout)": "tap.wait_for_any_begins(pending, wait_timeout) or tap.wait_returned({})"
        },
        failed="tap.wait_ended()",
    ),
}


def loaded(module):
    module.Future._rockproc = None


def wait_begins(future, timeout):
    try:
        tasks.awaiting(future._rockproc, timeout=timeout)
    except Exception:
        count_fault()


def wait_for_any_begins(futures, timeout):
    """Note a wait for the pool of the first future: usually all of them belong to the same pool."""
    try:
        for future in futures:
            tasks.awaiting(future._rockproc, timeout=timeout)
            break
    except Exception:
        count_fault()
