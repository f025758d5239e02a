"""`attach --probe`: tasks of Pools and executors, calls of proxies and passes of Barriers, also of existing ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from rockproc.observer.attach import scripts
from rockproc.observer.model import Pool, Snapshot
from rockproc.observer.run.attached import AttachedRun

from tests.observer.conftest import wait_until
from tests.parameters import fast_first

from .conftest import Start, look_until, rules
from .test_probe import finish, load, mapped

pytestmark = pytest.mark.skipif(not scripts.interrupt.SUPPORTED, reason="needs x86-64 Linux")

USES = """
    import concurrent.futures as futures, gc, multiprocessing.managers, multiprocessing.pool

    def square(number):
        time.sleep(0.01)
        if number == 3:
            raise ValueError("three")
        return number * number

    def refuse(number):
        return lambda: number  # cannot be pickled

    def meet(barrier):
        while not os.path.exists("stop"):
            try:
                barrier.wait(30)
            except threading.BrokenBarrierError:
                break
        barrier.abort()

    def state(things):
        gc.collect()
        gc.collect()
        classes = (mp.pool.Pool, futures.ProcessPoolExecutor, mp.managers.BaseProxy, mp.synchronize.Condition)
        marked = [cls.__name__ for cls in classes if hasattr(cls, "_rockproc")]
        taps = [type(each).__name__ for each in gc.get_objects() if type(each).__module__.startswith("_rockproc")]
        functions = mp.pool.mapstar, futures.process._sendback_result, mp.managers.BaseProxy._callmethod
        code = [each.__code__.co_consts for each in functions]
        own = [sorted(vars(each)) for each in things]
        return marked, taps, code, own, [name for name in sys.modules if "rockproc" in name]

    def use(pool, executor, shared):
        results = pool.map_async(square, [1, 2, 4, 5], chunksize=2), pool.map_async(square, [3], chunksize=1)
        refused = pool.apply_async(refuse, (1,))
        assert results[0].get() == [1, 4, 16, 25]
        for result, error in ((results[1], ValueError), (refused, mp.pool.MaybeEncodingError)):
            try:
                result.get()
            except error:
                pass
        assert list(executor.map(square, [1, 2, 4, 5, 6], chunksize=2)) == [1, 4, 16, 25, 36]
        assert isinstance(executor.submit(square, 3).exception(), ValueError)
        shared["rounds"] = shared.get("rounds", 0) + 1

    if __name__ == "__main__":
        mp.set_start_method(sys.argv[1])
        barrier, gates = mp.Barrier(2), []
        child = mp.Process(target=meet, args=(barrier,))
        child.start()
        with mp.Manager() as manager, mp.Pool(2) as pool, futures.ProcessPoolExecutor(2) as executor:
            shared = manager.dict()
            use(pool, executor, shared)
            things = pool, executor, shared, barrier._cond
            before = state(things)
            while not os.path.exists("stop"):
                use(pool, executor, shared)
                if os.path.exists("more"):
                    os.rename("more", "started")
                    with mp.Pool(1) as late:
                        assert late.apply(square, (7,)) == 49
                    gates.append(mp.Barrier(1))
                    gates[0].wait()
                try:
                    barrier.wait(30)
                except threading.BrokenBarrierError:
                    break
            barrier.abort()
            now = state(things)
        child.join()
        print(now == before, child.exitcode)
        if now != before:
            print(before, now, sep="\\n")
"""


@pytest.mark.early
@pytest.mark.parametrize(
    ("version", "method"),
    fast_first([(version, method) for method in ("forkserver", "fork", "spawn") for version in ("3.14", "3.15")]),
)
def test_tasks_calls_and_passes_are_counted_and_restored(
    start: Start, tmp_path: Path, attached: list[AttachedRun], version: str, method: str
) -> None:
    pid = start(USES, version, method)
    look_until(pid, lambda snapshot: len(snapshot.pools) == 2 and snapshot.managed)
    run = load(pid, attached)
    assert not run.probe_problems

    def found() -> Snapshot:
        run.read()
        run.read_messages()
        return run.snapshot()

    def counted() -> list[Pool]:
        return [pool for pool in found().pools if pool.done > 8 and pool.failed > 2]

    wait_until(lambda: len(counted()) == 2)
    assert "ValueError: three" in {pool.error for pool in counted()}
    wait_until(lambda: any("square(" in worker.task for pool in found().pools for worker in pool.workers))

    wait_until(lambda: any(each.calls > 2 and each.last and each.caller == pid for each in found().managed))
    wait_until(lambda: any(lock.kind == "Barrier" and lock.acquired > 2 for lock in found().locks))
    (tmp_path / "more").touch()
    wait_until(lambda: any(lock.name == "gates[0]" and lock.acquired == 1 for lock in found().locks))
    assert not rules(found())
    run.stop()
    # The manager may wait for its next request in a call that has begun with the probe.
    assert all("is in progress" in problem for problem in run.probe_problems.values())
    assert mapped(pid) == []
    output = finish(tmp_path, pid)
    assert output == "True 0\n" or pid in run.probe_problems, output


HANGS = """
    def fetch(address, lock):
        with lock:
            pass

    if __name__ == "__main__":
        mp.set_start_method(sys.argv[1])
        manager = mp.Manager()
        lock = manager.Lock()
        lock.acquire()
        with mp.Pool(2) as pool:
            pool.starmap(fetch, [("a", lock), ("b", lock)], chunksize=1)
"""


@pytest.mark.early
@pytest.mark.parametrize("version", fast_first(["3.14", "3.15"]))
def test_the_task_of_a_pool_that_hangs_is_named(start: Start, attached: list[AttachedRun], version: str) -> None:
    pid = start(HANGS, version, "fork")
    look_until(pid, lambda snapshot: sum(worker.running for pool in snapshot.pools for worker in pool.workers) == 2)
    run = load(pid, attached)
    (pool,) = run.read().pools
    assert {worker.task.partition(",")[0] for worker in pool.workers} == {"fetch('a'", "fetch('b'"}
    assert {worker.since for worker in pool.workers} == {None}
    assert run.probe_problems.keys() == {pid}, "the main thread waits for a lock of threading, and cannot be woken"
    run.stop()
    assert mapped(pid) == []
