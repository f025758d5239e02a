"""The observation must show pools and executors as they are."""

from __future__ import annotations

import signal
import sys

import pytest
from rockproc.observer.model import Finding, Pool, Snapshot, Worker

from tests.probe.conftest import CURRENT, See, Seen, spread, ways


def pool(snapshot: Snapshot, name: str) -> Pool:
    (found,) = (pool for pool in snapshot.pools if pool.name == name)
    return found


def finding(snapshot: Snapshot, rule: str) -> Finding | None:
    return next((finding for finding in snapshot.findings if finding.rule == rule and finding.active), None)


COUNTS = """
    import multiprocessing as mp
    import sys
    from concurrent.futures import ProcessPoolExecutor, as_completed, wait
    from multiprocessing.pool import ThreadPool

    def square(number):
        return number * number

    def fails(number):
        if number == 3:
            raise KeyError("three", number)
        return number

    def stops(number):
        if number == 3:
            raise StopIteration
        return number

    def unpicklable(number):
        return lambda: number

    def error(call, *arguments):
        try:
            call(*arguments)
        except Exception as error:
            return type(error).__name__

    def breaks_off():
        yield 1
        yield 2
        raise RuntimeError

    class OwnPool(ThreadPool):
        def __init__(self, *arguments):
            super().__init__(*arguments)

    if __name__ == "__main__":
        mp.set_start_method(sys.argv[1])
        with mp.Pool(2, maxtasksperchild=8) as pool:  # pool
            pool.map(square, range(10))                                 # 10 done
            list(pool.imap(square, range(7)))                           #  7
            sorted(pool.imap_unordered(square, range(9), chunksize=4))  #  9
            pool.starmap(pow, [(2, 3), (3, 2)])                         #  2
            pool.apply_async(square, (7,)).get()                        #  1
            error(pool.map, fails, range(8), 8)                         #  3, 1 failed, 4 not run
            error(pool.apply, fails, (3,))                              #     1
            error(pool.apply, unpicklable, (1,))                        #     1
            error(pool.apply, square, (lambda: 1,))                     #     1
            error(list, pool.imap(square, breaks_off()))                #  2
            error(pool.map, square, 5)
            pool.close()
            pool.join()
        with ProcessPoolExecutor(2) as executor:  # executor
            list(executor.map(square, range(6)))                        #  6 done
            list(executor.map(square, range(10), chunksize=3))          # 10
            executor.submit(fails, 3).exception()                       #     1 failed
            error(list, executor.map(fails, range(8), chunksize=8))     #  3, 1, 4 not run
            wait([executor.submit(square, number) for number in range(4)])
            list(as_completed([executor.submit(square, 1)]))            #  1
            executor.submit(square, lambda: 1).exception()              #     1
            executor.submit(unpicklable, 1).exception()                 #     1
        threads = OwnPool(3)  # threads
        threads.map(square, range(20))
        error(threads.map, fails, range(20), 5)                         # 3 + 15, 1 failed, 1 not run
        threads.map(stops, range(10), 10)                               # 3, 1 failed, 6 not run
        threads.terminate()
"""


@pytest.mark.parametrize(("detail", "version", "method"), spread(["light", "auto", "full"], every=2))
def test_tasks_are_counted_exactly(detail: str, version: str, method: str, see: See) -> None:
    seen = see(version, COUNTS, method, detail=detail)
    snapshot = seen.end()
    found = {pool.name: pool for pool in snapshot.pools}
    assert {
        name: (item.kind, item.size, item.limit, item.submitted, item.done, item.failed, item.unfinished)
        for name, item in found.items()
    } == {
        "pool": ("Pool", 2, 8, 42, 34, 4, 4),
        "executor": ("ProcessPoolExecutor", 2, None, 32, 24, 4, 4),
        "threads": ("ThreadPool", 3, None, 50, 41, 2, 7),
    }
    for item in found.values():
        assert item.site is not None
        assert item.site.line == seen.line(item.name)
        assert (item.lost, item.running, item.waiting, item.cancelled, item.workers) == (0, 0, 0, 0, ())
        assert item.owner == snapshot.main.key if snapshot.main is not None else False
    assert found["pool"].employed > 2
    assert (found["pool"].ended, found["executor"].ended) == ("terminated", "closed")
    workers = [process for process in snapshot.processes if process.pool is not None]
    assert len(workers) == found["pool"].employed + found["executor"].employed
    if detail == "full":
        assert found["threads"].error == "KeyError: ('three', 3)"
    assert all(channel.internal for channel in snapshot.channels)


HELD = """
    import multiprocessing as mp
    import os
    import sys
    import time
    from concurrent.futures import ProcessPoolExecutor, as_completed, wait
    from concurrent.futures.process import BrokenProcessPool

    def hold(name, *more):
        time.sleep(100)

    def in_a_pool(kind):
        with mp.Pool(2) as pool:
            if kind == "map":
                pool.map(hold, ["a", "b", "c"], chunksize=1)  # map
            elif kind == "starmap":
                pool.starmap(hold, [("a", 1), ("b", 2), ("c", 3)], chunksize=2)  # starmap
            elif kind == "imap":
                list(pool.imap(hold, ["a", "b", "c"]))  # imap
            elif kind == "get":
                pool.apply_async(hold, ("c",))
                pool.apply_async(hold, ("b",)).wait()  # get
            elif kind == "join":
                pool.map_async(hold, ["a", "b", "c"], chunksize=1)
                pool.close()
                pool.join()  # join
            else:
                pool.map_async(hold, ["a", "b", "c"], chunksize=1)
                while not os.path.exists(sys.argv[3]):
                    time.sleep(0.01)

    def in_an_executor(kind):
        with ProcessPoolExecutor(2) as executor:
            futures = [executor.submit(hold, name) for name in "abcdef"]
            if kind == "exception":
                futures[0].exception()  # exception
            elif kind == "wait":
                wait(futures)  # wait
            elif kind == "as_completed":
                list(as_completed(futures))  # as_completed
            elif kind == "cancel":
                time.sleep(0.2)
                print(futures[-1].cancel(), flush=True)
            else:
                try:
                    futures[0].result()  # result
                except BrokenProcessPool:
                    print("broken", flush=True)

    if __name__ == "__main__":
        mp.set_start_method(sys.argv[1])
        kind = sys.argv[2]
        in_a_pool(kind) if kind in ("map", "starmap", "imap", "get", "join", "leave") else in_an_executor(kind)
"""


def held(seen: Seen, name: str, count: int = 2) -> Snapshot:
    """Wait until the workers of a pool have a number of known tasks, and return the snapshot."""

    def holds(pool: Pool) -> bool:
        known = all(worker.task.startswith("hold(") for worker in pool.workers if worker.running)
        return pool.name == name and pool.running >= count and known

    return seen.until(lambda snapshot: any(map(holds, snapshot.pools)), "the workers have no task")


@pytest.mark.parametrize(
    ("kind", "version", "method"),
    [
        pytest.param(
            kind, *way.values, id=f"{kind}-{way.id}", marks=pytest.mark.slow if kind in ("get", "wait") else way.marks
        )
        for kind in ("map", "starmap", "imap", "get", "join", "result", "exception", "wait", "as_completed")
        for way in ways(0)
    ],
)
def test_running_tasks_and_waiting_processes_are_known(kind: str, version: str, method: str, see: See) -> None:
    seen = see(version, HELD, method, kind)
    name = "pool" if kind in ("map", "starmap", "imap", "get", "join") else "executor"
    held(seen, name, 3 if kind == "starmap" else 2)
    tasks = {
        "starmap": {"hold('a', 1)", "hold('c', 3)"},
        "get": {"hold('c')", "hold('b')"},
    }.get(kind, {"hold('a')", "hold('b')"})

    def are_tasks_known(snapshot: Snapshot) -> bool:
        # The name of a task may be known one poll after its beginning.
        waits = snapshot.main is not None and snapshot.main.main_wait is not None
        return waits and {worker.task for worker in pool(snapshot, name).workers} == tasks

    snapshot = seen.until(are_tasks_known, "main does not wait for those tasks")
    main, found = snapshot.main, pool(snapshot, name)
    assert main is not None
    assert main.main_wait is not None
    assert main.main_wait.site is not None
    op = "join" if kind == "join" else "result"
    assert (main.main_wait.op, main.main_wait.object, main.main_wait.key) == (op, name, found.key)
    assert main.main_wait.site.line == seen.line(kind)
    assert {worker.running for worker in found.workers} == ({1, 2} if kind == "starmap" else {1})
    for worker in found.workers:
        process = snapshot.process(worker.process)
        assert process is not None
        assert (process.name, process.pool, process.task) == (worker.name, found.key, worker)
        assert process.main_wait is None
        assert worker.since is not None
        assert abs(snapshot.now - worker.since) < 30
    assert (found.submitted, found.done, found.lost) == (6 if name == "executor" else 2 if kind == "get" else 3, 0, 0)


def killed(seen: Seen, name: str, number: int = signal.SIGKILL) -> Worker:
    """Kill a worker of a pool while its workers have tasks, and return it."""
    worker = pool(held(seen, name), name).workers[0]
    assert seen.run.signal(worker.process, number).result == ""
    return worker


@pytest.mark.parametrize(("version", "method"), ways(0))
def test_a_pool_loses_a_task_with_its_worker(version: str, method: str, see: See) -> None:
    seen = see(version, HELD, method, "map")
    worker = killed(seen, "pool")
    snapshot = seen.until(lambda snapshot: finding(snapshot, "task-lost"), "nothing is found")
    found, lost = pool(snapshot, "pool"), finding(snapshot, "task-lost")
    assert found.lost == 1
    assert lost is not None
    assert lost.severity == "warning"  # other workers still work, so the wait for the results is not yet dead
    assert f"{worker.name} was ended by SIGKILL before it finished {worker.task} of pool" in lost.message
    assert lost.site is not None
    assert lost.site.line == seen.line("map")
    snapshot = seen.until(lambda snapshot: pool(snapshot, "pool").running == 2, "nobody is employed instead")
    found = pool(snapshot, "pool")
    assert (found.employed, found.lost, found.waiting, len(found.workers)) == (3, 1, 0, 3)
    assert [worker.task for worker in found.workers if not worker.alive] == [worker.task]


@pytest.mark.parametrize(("version", "method"), ways(2))
def test_an_executor_breaks_with_its_worker(version: str, method: str, see: See) -> None:
    seen = see(version, HELD, method, "result")
    # By the signal that the executor itself then sends to the others.
    worker = killed(seen, "executor", signal.SIGTERM)
    snapshot = seen.end()
    assert seen.output() == "broken"
    found, broken = pool(snapshot, "executor"), finding(snapshot, "executor-broken")
    assert (found.ended, found.submitted, found.lost, found.unfinished, found.done) == ("broken", 6, 1, 1, 0)
    assert broken is not None
    assert f"{worker.name} was ended by SIGTERM before it finished {worker.task}" in broken.message
    assert "6 of 6 tasks" in broken.message


def test_tasks_of_a_terminated_pool_are_not_lost(see: See) -> None:
    seen = see(CURRENT, HELD, "fork", "leave", "/")
    snapshot = seen.end()
    found = pool(snapshot, "pool")
    assert (found.lost, found.ended) == (0, "terminated")
    assert found.unfinished + found.waiting == found.submitted == 3
    assert not snapshot.findings


def test_a_run_ended_by_the_user_has_no_lost_tasks(see: See) -> None:
    seen = see(CURRENT, HELD, "fork", "map")
    held(seen, "pool")
    seen.run.stop()
    snapshot = seen.run.snapshot()
    assert pool(snapshot, "pool").lost == 0
    assert not snapshot.findings


def test_a_task_is_counted_before_its_result_is_sent(see: See) -> None:
    """The pool may end a worker as soon as the result has arrived, and the worker can then count no more."""
    seen = see(
        CURRENT,
        """
        import multiprocessing as mp
        import time

        class Slow:
            def __reduce__(self):
                time.sleep(100)

        if __name__ == "__main__":
            with mp.Pool(1) as pool:
                pool.apply(Slow)
    """,
    )
    snapshot = seen.until(lambda snapshot: any(pool.done for pool in snapshot.pools), "it is not counted")
    assert (pool(snapshot, "pool").done, pool(snapshot, "pool").running) == (1, 0)


def test_cancelled_tasks_are_counted(see: See) -> None:
    seen = see(CURRENT, HELD, "fork", "cancel")
    snapshot = seen.until(lambda snapshot: any(pool.running == 2 for pool in snapshot.pools) and seen.output())
    assert seen.output() == "True"
    for worker in pool(snapshot, "executor").workers:
        seen.run.signal(worker.process, signal.SIGINT)
    snapshot = seen.until(lambda snapshot: pool(snapshot, "executor").failed == 2, "KeyboardInterrupt is no failure")
    assert pool(snapshot, "executor").done == 0


STUCK = """
    import multiprocessing as mp
    import os
    import time

    def number(name):
        return 1

    if __name__ == "__main__":
        pool = mp.Pool(1)
        pool.apply(number, (1,))
        (worker,) = mp.active_children()
        print("ready", flush=True)
        while worker.is_alive():
            time.sleep(0.01)
        pool.map(number, "abc", 1)  # without a number it divides by that of the workers, which may be none just now
"""


def test_a_worker_killed_with_the_lock_of_its_queue_is_found(see: See) -> None:
    seen = see(CURRENT, STUCK)
    snapshot = seen.until(
        lambda snapshot: (
            any(process.pool is not None and process.main_wait is not None for process in snapshot.processes)
            and seen.output() == "ready"
        )
    )
    (worker,) = pool(snapshot, "pool").workers
    seen.run.signal(worker.process, signal.SIGKILL)
    snapshot = seen.until(lambda snapshot: finding(snapshot, "pool-stuck"), "nothing is found")
    stuck = finding(snapshot, "pool-stuck")
    assert stuck is not None
    assert (stuck.verdict, pool(snapshot, "pool").lost, pool(snapshot, "pool").waiting) == ("orphaned", 0, 3)
    assert worker.name in stuck.message


NEVER = """
    import concurrent.futures
    import multiprocessing as mp
    import sys

    def fail():
        raise ValueError("no licence")

    def main():
        if sys.argv[2] == "executor":
            executor = concurrent.futures.ProcessPoolExecutor(2, initializer=fail)
            try:
                executor.submit(len, "abc").result()
            except concurrent.futures.process.BrokenProcessPool:
                print("broken")
        else:
            pool = mp.Pool(2, initializer=fail if sys.argv[2] == "initializer" else None)
            pool.map(len, ["abc"])  # waits

    if sys.argv[2] == "unguarded":
        mp.set_start_method("spawn", force=True)
        main()
    elif __name__ == "__main__":
        main()
"""


def test_a_pool_whose_workers_never_begin_is_found(see: See) -> None:
    seen = see(CURRENT, NEVER, "fork", "initializer")
    snapshot = seen.until(lambda snapshot: finding(snapshot, "workers-never-begin"), "nothing is found")
    found = finding(snapshot, "workers-never-begin")
    assert found is not None
    assert found.severity == "error"
    assert found.message.startswith("No worker of pool (made at ")
    assert ") ever takes a task: " in found.message
    assert "exit 1" in found.message
    assert f"main waits for a result at {found.site}" in found.message
    assert found.site is not None
    assert found.site.line == seen.line("waits")


def test_a_pool_of_an_unguarded_main_module_is_found(see: See) -> None:
    seen = see(CURRENT, NEVER, "fork", "unguarded")
    snapshot = seen.until(lambda snapshot: finding(snapshot, "no-main-guard"), "nothing is found")
    found = finding(snapshot, "no-main-guard")
    assert found is not None
    assert found.severity == "error"
    assert finding(snapshot, "workers-never-begin") is None


@pytest.mark.skipif(
    sys.version_info[:3] in {(3, 12, 1), (3, 13, 0)},
    reason="CPython 3.12.1 and 3.13.0 hang in most runs of this program, also when nothing observes it",
)
def test_an_executor_whose_workers_never_begin_is_broken(see: See) -> None:
    seen = see(CURRENT, NEVER, "fork", "executor")
    snapshot = seen.end()
    broken = finding(snapshot, "executor-broken")
    assert broken is not None
    assert "before it took a task" in broken.message
    assert "initializer" in broken.advice


UNSENT = """
    import multiprocessing as mp
    import sys
    from concurrent.futures import ProcessPoolExecutor

    def takes(lock):
        pass

    def gives(number):
        return lambda: number

    if __name__ == "__main__":
        mp.set_start_method(sys.argv[1])
        with mp.Pool(1) as there, mp.Pool(1) as back, ProcessPoolExecutor(1) as executor:
            there.apply_async(takes, (mp.Lock(),)).wait()
            back.apply_async(gives, (1,)).wait()
            executor.submit(takes, mp.Lock()).exception()
"""


@pytest.mark.parametrize(("version", "method"), ways())
def test_the_reason_why_a_task_or_result_was_not_sent_is_known(version: str, method: str, see: See) -> None:
    """No result was requested, so the reason can only come from the observation."""
    snapshot = see(version, UNSENT, method).end()
    assert [pool.failed for pool in snapshot.pools] == [1, 1, 1]
    outward, back, executor = (pool.error for pool in snapshot.pools)
    assert outward.startswith("RuntimeError: Lock objects should only be shared between processes through inheritance")
    assert executor.startswith("RuntimeError: Lock objects should only be shared between processes through inheritance")
    assert "Can't" in back
