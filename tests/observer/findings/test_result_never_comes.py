"""A wait for a pool without workers, and a wait that only lasts until its workers have ended."""

from __future__ import annotations

import pytest
from rockproc.observer.findings import result_never_comes
from rockproc.observer.model import Blocked, Pool, Site, State, ThreadState, Wait, Worker
from rockproc.observer.model.keys import PoolKey
from rockproc.probe import layout

from tests.observer.findings.worlds import NOW, SCRIPT, Invented, found

POOL = PoolKey(300)


class Sent(Invented):
    """A Pool whose only task was done five seconds ago; main waits for its result, or for the end of the pool."""

    def __init__(self, op: str = "result", kind: str = "Pool") -> None:
        super().__init__()
        self.main = self.process("main", parent=None)
        self.tasks = self.channel("pool._inqueue", "SimpleQueue", internal=True)
        self.results = self.channel("pool._outqueue", "SimpleQueue", internal=True)
        key = PoolKey(layout.POOL | self.tasks.key)
        self.worker = self.process("worker", pool=key)
        self.world.access[self.results.key].writers.add((self.worker.key, 1))
        pool = Pool(key, kind, "pool", size=1, submitted=1, taken_up=1, done=1, owner=self.main.key)
        pool.workers = (Worker(self.worker.key, "worker", done=1),)
        self.world.pools[key] = pool
        self.main.waits = (Wait(op, "pool", key, NOW - 5, Site(SCRIPT, 7), 1, timed=False),)
        self.main.state, self.main.timed = State.WAITING, False

    def worker_is_idle(self) -> None:
        self.waits(self.worker, "get", self.tasks)

    def thread_waits_for_results(self) -> None:
        self.waits(self.main, "get", self.results, thread=2)

    @property
    def found(self) -> bool:
        return bool(found(result_never_comes.RULE, self.world))


@pytest.mark.parametrize("op", ["result", "join"])
def test_a_result_that_is_neither_queued_nor_in_work_never_comes(op: str) -> None:
    program = Sent(op)
    program.worker_is_idle()
    program.thread_waits_for_results()
    assert program.found


@pytest.mark.parametrize("op", ["result", "join"])
def test_a_worker_may_be_sending_a_result_or_ending(op: str) -> None:
    program = Sent(op)
    program.thread_waits_for_results()
    assert not program.found


@pytest.mark.parametrize("op", ["result", "join"])
@pytest.mark.parametrize("kind", ["Pool", "ProcessPoolExecutor"])
def test_a_result_may_be_read_or_given_to_a_callback(op: str, kind: str) -> None:
    """The thread that delivers results may be unpickling a result or running a callback, and not be waiting."""
    program = Sent(op, kind)
    program.worker_is_idle()
    program.main.other_threads = (ThreadState(9, 2, Blocked.NO, NOW - 5, confirmed=False),)
    assert not program.found


def test_a_result_in_the_queue_is_on_its_way() -> None:
    program = Sent()
    program.worker_is_idle()
    program.thread_waits_for_results()
    program.results.put = 1
    assert not program.found


def test_the_thread_of_another_pool_says_nothing_about_this_one() -> None:
    program = Sent()
    program.worker_is_idle()
    program.waits(program.main, "get", program.channel("other._outqueue", "SimpleQueue", internal=True), thread=2)
    assert not program.found


@pytest.mark.parametrize(
    ("by_callback", "words"),
    [
        (True, "a callback raised KeyError: 0 at invented.py:3"),
        (False, "died when it unpickled one: KeyError: 0"),
    ],
)
def test_the_exception_that_prevented_a_result_is_named(by_callback: bool, words: str) -> None:
    program = Invented()
    main = program.process("main", State.WAITING, parent=None)
    pool = Pool(POOL, "Pool", "pool", size=1, submitted=1, taken_up=1, done=1, handover_error="KeyError: 0")
    pool.callback_raised, pool.handover_site = by_callback, Site(SCRIPT, 3)
    program.world.pools[POOL] = pool
    main.waits = (Wait("result", "pool", POOL, NOW - 5, Site(SCRIPT, 7), 1, timed=False),)
    (finding,) = found(result_never_comes.RULE, program.world)
    assert words in finding.message


@pytest.mark.parametrize("blocked", [Blocked.FILES, Blocked.NO, Blocked.THREAD])
def test_an_executor_delivers_no_result_without_its_delivering_thread(blocked: Blocked) -> None:
    """A delivering thread runs or waits for files. A thread that waits for another thread is the sender of tasks."""
    program = Sent(kind="ProcessPoolExecutor")
    program.worker_is_idle()
    program.main.other_threads = (ThreadState(9, 2, blocked, NOW - 5, confirmed=True),)
    assert program.found == (blocked is Blocked.THREAD)


@pytest.mark.parametrize("op", ["result", "get"])
def test_a_callback_of_a_pool_that_waits_keeps_the_results(op: str) -> None:
    """The thread that delivers results has read them before. The item for which the callback waits may still be put."""
    program = Sent()
    program.worker_is_idle()
    program.world.access[program.results.key].readers.add((program.main.key, 2))
    first = program.main.waits[0]
    if op == "result":
        program.main.waits = (first, Wait(op, "pool", first.key, NOW - 5, Site(SCRIPT, 9), 2, timed=False))
    else:
        queue = program.channel("other")
        program.process("producer")
        program.waits(program.main, "get", queue, thread=2)
    assert program.found == (op == "result")


@pytest.mark.parametrize("op", ["result", "put"])
def test_a_callback_that_waits_for_its_own_executor_never_gets_a_result(op: str) -> None:
    program = Sent(kind="ProcessPoolExecutor")
    program.worker_is_idle()
    program.main.other_threads = ()
    first = program.main.waits[0]
    program.main.waits = (first, Wait(op, "pool", first.key, NOW - 5, Site(SCRIPT, 9), 2, timed=False))
    assert program.found == (op == "result")


def test_an_executor_whose_worker_is_busy_may_still_deliver() -> None:
    program = Sent(kind="ProcessPoolExecutor")
    program.main.other_threads = ()
    assert not program.found


@pytest.mark.parametrize("known", [True, False])
def test_a_heartbeat_thread_starts_no_worker_of_an_executor(known: bool) -> None:
    """The heartbeat thread may be running a callback, unless the thread that runs callbacks is known and waits."""
    program = Sent(kind="ProcessPoolExecutor")
    (pool,) = program.world.pools.values()
    pool.submitted, pool.workers, pool.stalled, pool.limit = 3, (), NOW - 4, 1
    pool.handover_thread = 2 if known else None
    program.worker.state = State.JOINED
    program.main.other_threads = (
        ThreadState(9, 2, Blocked.FILES, NOW - 5, confirmed=True),
        ThreadState(10, None, Blocked.NO, 0.0),
    )
    findings = found(result_never_comes.RULE, program.world)
    assert [finding.verdict for finding in findings] == (["suspected"] if known else [])


@pytest.mark.parametrize("blocked", [Blocked.FILES, Blocked.NO])
def test_an_executor_starts_no_worker_while_its_thread_runs_a_callback(blocked: Blocked) -> None:
    program = Sent(kind="ProcessPoolExecutor")
    (pool,) = program.world.pools.values()
    pool.submitted, pool.workers, pool.stalled, pool.limit = 3, (), NOW - 4, 1
    program.worker.state = State.JOINED
    program.main.other_threads = (ThreadState(9, 2, blocked, NOW - 5, confirmed=True),)
    assert program.found == (blocked is Blocked.FILES)


def test_a_connection_to_a_manager_is_not_taken_for_the_results_of_a_pool() -> None:
    program = Sent()
    pool = next(iter(program.world.pools.values()))
    pool.done, pool.workers = 0, (Worker(program.worker.key, "worker", running=1),)
    connection = program.channel("manager", "Connection", internal=True)
    access = program.world.access[connection.key]
    access.writers.add((program.worker.key, 1))
    access.readers.add((program.main.key, 1))
    assert not program.found


def test_a_terminated_thread_pool_can_be_joined() -> None:
    """Threads cannot be ended: `join()` waits until each has finished its task."""
    program = Sent("join", "ThreadPool")
    pool = program.world.pools[PoolKey(layout.POOL | program.tasks.key)]
    pool.ended, pool.submitted, pool.taken_up, pool.done = "terminated", 3, 1, 0
    assert not program.found
