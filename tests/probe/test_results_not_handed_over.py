"""Results of a Pool that never come, since a callback raises or the result cannot be unpickled: the reason is known."""

from __future__ import annotations

import pytest
from rockproc.observer.model import Site

from tests.probe.conftest import See, edges

_BEGIN = """\
import multiprocessing as mp
import os

class Odd(Exception):
    def __init__(self, code, text):
        super().__init__(text)

def work(number):
    if number == 1:
        raise Odd(500, "server")
    return number

def done(result):
    {}["b"]  # raises

if __name__ == "__main__":
    pool = mp.Pool(1)
    """
CALLBACK = _BEGIN + "result = pool.apply_async(work, (0,), callback=done)"
MAP_CALLBACK = _BEGIN + "result = pool.map_async(work, [0, 2], callback=done)"
UNPICKLABLE = _BEGIN + "result = pool.apply_async(work, (1,))"
_END = """
try:
    result.get(timeout=1)
except mp.TimeoutError:
    pool.terminate()
"""


@pytest.mark.parametrize("version", edges(2))
@pytest.mark.parametrize("text", [CALLBACK, MAP_CALLBACK], ids=["one task", "map"])
def test_the_exception_of_a_callback(version: str, text: str, see: See) -> None:
    seen = see(version, text + _END.replace("\n", "\n    "))
    (pool,) = seen.end().pools
    assert (pool.callback_raised, pool.handover_error) == (True, "KeyError: 'b'")
    assert pool.handover_site == Site(seen.run.launch.script, seen.line("raises"))


EXECUTOR = """\
from concurrent.futures import ProcessPoolExecutor, TimeoutError
import os, time

def work(number):
    time.sleep(0.3)
    return number

if __name__ == "__main__":
    executor = ProcessPoolExecutor(1)
    first, second = executor.submit(work, 1), executor.submit(work, 2)
    first.set_result(7)
    try:
        second.result(timeout=1)
    except TimeoutError:
        for process in executor._processes.values():
            process.kill()
            process.join()
        os._exit(0)
"""


@pytest.mark.parametrize("version", edges(0))
def test_the_exception_that_ends_the_thread_of_an_executor(version: str, see: See) -> None:
    (pool,) = see(version, EXECUTOR).end().pools
    assert pool.handover_thread is not None
    assert pool.handover_error.startswith("InvalidStateError: ")


@pytest.mark.parametrize("version", edges(2))
def test_the_exception_of_unpickling_a_result(version: str, see: See) -> None:
    end = _END.replace("pool.terminate()", "os._exit(0)")  # the Pool cannot be terminated any more
    (pool,) = see(version, UNPICKLABLE + end.replace("\n", "\n    ")).end().pools
    assert not pool.callback_raised
    assert pool.handover_error.startswith("TypeError: ")
    assert "missing 1 required positional argument" in pool.handover_error


BROKEN = _BEGIN.replace("pool = mp.Pool(1)", "pool = ProcessPoolExecutor(1)")


@pytest.mark.parametrize("version", edges(2))
def test_the_exception_that_breaks_an_executor(version: str, see: See) -> None:
    program = "from concurrent.futures import ProcessPoolExecutor\n" + BROKEN + "pool.submit(work, 1).exception()\n"
    snapshot = see(version, program).end()
    (pool,) = snapshot.pools
    assert (pool.ended, pool.broken_by, pool.callback_raised) == ("broken", (), False)
    assert pool.handover_error.startswith("TypeError: ")
    (finding,) = [each for each in snapshot.findings if each.rule == "executor-broken"]
    assert f"could not be unpickled ({pool.handover_error})" in finding.message
