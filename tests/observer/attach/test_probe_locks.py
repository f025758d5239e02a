"""`attach --probe`: the locks and Values that a program has already get taps, which are removed again."""

from __future__ import annotations

from pathlib import Path

import pytest
from rockproc.observer.attach import scripts
from rockproc.observer.model import Lock, SharedValue
from rockproc.observer.run.attached import AttachedRun

from tests.observer.conftest import wait_until
from tests.parameters import fast_first

from .conftest import Start, look_until
from .test_probe import finish, mapped

pytestmark = pytest.mark.skipif(not scripts.interrupt.SUPPORTED, reason="needs x86-64 Linux")

USES = """
    import ctypes, gc, multiprocessing.queues, multiprocessing.sharedctypes

    class Point(ctypes.Structure):
        _fields_ = [("x", ctypes.c_int), ("y", ctypes.c_double)]

    def use(counter, samples, point, lock, slots, event, condition):
        with counter.get_lock():
            counter.value += 1
        samples[0] = samples[1] + 1
        with point.get_lock():
            point.x += 1
        with lock:
            assert not lock.acquire(False) or lock.release() is None
        lock.acquire()
        lock.release()
        with slots, slots:
            pass
        event.is_set() or event.wait(0.001)
        with condition:
            condition.notify_all()

    def worker(here, *shared):
        while not os.path.exists("stop"):
            use(*shared)
            time.sleep(0.005)
        here.send(state(shared))

    def state(shared):
        gc.collect()
        gc.collect()
        inner = [thing._lock for thing in shared if hasattr(thing, "_lock")]
        own = [sorted((name, type(each).__name__) for name, each in vars(thing).items()) for thing in (*shared, *inner)]
        bound = [thing.acquire.__self__ is thing._lock._semlock for thing in shared if hasattr(thing, "_lock")]
        classes = (mp.synchronize.SemLock, mp.synchronize.Condition, mp.sharedctypes.SynchronizedBase, mp.queues.Queue)
        marked = [cls.__name__ for cls in classes if hasattr(cls, "_rockproc")]
        getters = [getattr(type(shared[0]), "value"), getattr(type(shared[2]), "x")]
        names = [sorted(set(each.fget.__globals__) - {"__builtins__"}) for each in getters]
        code = [each.fget.__code__.co_names for each in getters]
        template = mp.sharedctypes.template
        taps = [type(each).__name__ for each in gc.get_objects() if type(each).__module__.startswith("_rockproc")]
        return own, bound, marked, names, code, template, taps, [name for name in sys.modules if "rockproc" in name]

    if __name__ == "__main__":
        mp.set_start_method(sys.argv[1])
        here, there = mp.Pipe()
        counter, samples, point = mp.Value("i", 0), mp.Array("d", [1.0, 2.0]), mp.Value(Point, 0, 1.0)
        lock, slots, event, condition = mp.RLock(), mp.Semaphore(4), mp.Event(), mp.Condition()
        shared = counter, samples, point, lock, slots, event, condition
        before = state(shared)
        children = [mp.Process(target=worker, args=(there, *shared)) for _ in range(2)]
        for child in children:
            child.start()
        mine = 0
        late = None
        while not os.path.exists("stop"):
            with lock:  # it is held while the probe is loaded, and while it is removed
                time.sleep(0.01)
            time.sleep(0.01)
            if os.path.exists("more") and late is None:
                late = mp.Value("i", 0), mp.Lock()
            if late is not None:
                with late[1]:
                    late[0].value += 1
        states = [here.recv() for _ in children]
        now = state(shared)
        for child in children:
            child.join()
        print(now == before, all(state[1:] == before[1:] for state in states), [child.exitcode for child in children])
        print(counter.value == point.x > 0, late[0].value > 0, late[1].acquire.__self__ is late[1]._semlock)
        if now != before or states[0][1:] != before[1:]:
            print(before, now, states[0], sep="\\n")
"""


@pytest.mark.early
@pytest.mark.parametrize(
    ("version", "method"),
    fast_first([(version, method) for method in ("forkserver", "fork", "spawn") for version in ("3.14", "3.15")]),
)
def test_locks_and_values_are_counted_and_restored(
    start: Start, tmp_path: Path, attached: list[AttachedRun], version: str, method: str
) -> None:
    pid = start(USES, version, method)
    look_until(pid, lambda snapshot: any(len(value.open_by) == 3 for value in snapshot.values))
    run = AttachedRun(pid)
    attached.append(run)
    run.read()
    run.load_probe()
    assert not run.probe_problems

    def found() -> dict[str, Lock | SharedValue]:
        run.read()
        run.read_messages()
        snapshot = run.snapshot()
        return {thing.name: thing for thing in (*snapshot.values, *snapshot.locks)}

    def all_are_counted() -> bool:
        things = found()
        values = [things.get(name) for name in ("counter", "samples", "point")]
        locks = [things.get(name) for name in ("lock", "slots", "condition", "counter.get_lock()")]
        counted = [value.reads and value.writes for value in values if isinstance(value, SharedValue)]
        return len(counted) == 3 and all(
            [*counted, *(lock.acquired if isinstance(lock, Lock) else 0 for lock in locks)]
        )

    wait_until(all_are_counted)
    things = found()
    counter, event = things["counter"], things["event"]
    assert isinstance(counter, SharedValue)
    assert isinstance(event, Lock)
    assert counter.reads == counter.writes
    assert counter.written_site is not None
    assert counter.written_site.path.endswith("program.py")
    assert event.contended == event.timed_out > 0
    (tmp_path / "more").touch()
    wait_until(lambda: getattr(found().get("late[0]"), "writes", 0))
    run.stop()
    assert not run.probe_problems
    assert mapped(pid) == []
    output = finish(tmp_path, pid)
    assert output.splitlines() == ["True True [0, 0]", "True True True"]
