"""What is seen of a program, by every start method and on every Python."""

from __future__ import annotations

import re
import signal
from itertools import groupby
from pathlib import Path

import pytest
from rockproc.observer.idle import ASLEEP, FOR_A_THREAD
from rockproc.observer.lives import Source
from rockproc.observer.managing import Managing
from rockproc.observer.reader import Record
from rockproc.observer.world import Channel, Lock, Phase, Process, SharedValue, Site, Snapshot, State
from rockproc.probe.layout import Kind

from .conftest import CURRENT, PYTHONS, See, spread, ways

ALL = pytest.mark.parametrize(("version", "method"), ways())


def process(snapshot: Snapshot, name: str) -> Process:
    (found,) = (each for each in snapshot.processes if each.name == name)
    return found


def channel(snapshot: Snapshot, name: str) -> Channel:
    (found,) = (each for each in snapshot.channels if each.name == name)
    return found


def lock(snapshot: Snapshot, name: str) -> Lock:
    (found,) = (each for each in snapshot.locks if each.name == name)
    return found


def value(snapshot: Snapshot, name: str) -> SharedValue:
    (found,) = (each for each in snapshot.values if each.name == name)
    return found


def name_of(snapshot: Snapshot, key: int | None) -> str:
    found = snapshot.process(key)
    return found.name if found is not None else ""


CHANNELS = """
    import multiprocessing as mp
    import sys

    def produce(name, tasks, jobs, simple, writer):
        for number in range(10):
            tasks.put((name, number))
            jobs.put((name, number))
        simple.put(name)
        writer.send([name])

    def consume(name, tasks, jobs, simple, done):
        while True:
            item = tasks.get()  # get
            if item is None:
                break
            print(name, "got", item, flush=True)
        for _ in range(10):
            jobs.get(timeout=30)
            jobs.task_done()
        done.put(simple.get())

    if __name__ == "__main__":
        mp.set_start_method(sys.argv[1])
        tasks = mp.Queue()  # tasks
        jobs, done = mp.JoinableQueue(20), mp.SimpleQueue()
        simple = mp.SimpleQueue()
        pairs = [mp.Pipe(False) for _ in range(2)]
        left, right = mp.Pipe()
        names = "first", "second"
        producers = [mp.Process(target=produce, args=(name, tasks, jobs, simple, pair[1]), name=name)
                     for name, pair in zip(names, pairs)]
        consumers = [mp.Process(target=consume, args=(name, tasks, jobs, simple, done), name=name)
                     for name in ("third", "fourth")]
        for each in producers + consumers:
            each.start()
        for reader, _ in pairs:
            reader.recv()
        for each in producers:
            each.join()
        for _ in consumers:
            tasks.put(None)
        jobs.join()
        done.get(), done.get()
        left.send("there"), right.send(b"and back"), right.recv(), left.recv()
        right.send_bytes(b"raw" * 20), left.recv_bytes()
        for each in consumers:
            each.join()
        tasks.put("left over")
"""


@ALL
def test_channels(version: str, method: str, see: See) -> None:
    seen = see(version, CHANNELS, method)
    snapshot = seen.end()
    tasks, jobs = channel(snapshot, "tasks"), channel(snapshot, "jobs")
    assert (tasks.kind, tasks.put, tasks.got, tasks.depth, tasks.maxsize) == ("Queue", 23, 22, 1, None)
    assert (jobs.kind, jobs.put, jobs.got, jobs.depth, jobs.maxsize) == ("JoinableQueue", 20, 20, 0, 20)
    assert tasks.buffered == 0
    assert tasks.site is not None
    assert tasks.site.line == seen.line("tasks")
    for name in "done", "simple":
        each = channel(snapshot, name)
        assert (each.kind, each.put, each.got) == ("SimpleQueue", 2, 2)
    pipe = channel(snapshot, "left ⇄ right")
    assert (pipe.kind, pipe.ends, pipe.duplex, pipe.put, pipe.got) == ("Pipe", ("left", "right"), True, 3, 3)
    for number in range(2):
        each = channel(snapshot, f"pairs[{number}]")
        assert (each.kind, each.put, each.got, each.duplex) == ("Pipe", 1, 1, False)
    assert not any(each.sampled for each in snapshot.channels)
    messages = {id(event.message): event.message for event in snapshot.messages.since(0)[1]}.values()
    printed = set(re.findall(r"(\w+) got \('(\w+)', (\d)\)", seen.output()))
    told = set()
    for each in messages:
        found = re.match(r"\('(\w+)', (\d)\)", each.preview)
        if each.channel == tasks.key and found:
            assert name_of(snapshot, each.sender) == found[1]
            told.add((name_of(snapshot, each.receiver), found[1], found[2]))
            assert each.got_site is not None
            assert each.got_site.line == seen.line("get")
        if each.received is not None:
            assert each.latency is not None
            assert each.latency >= 0
            assert each.sender is not None
    assert told == printed
    assert len(told) == 20
    sides = [each for each in messages if each.channel == pipe.key]
    assert [each.preview for each in sides] == ["'there'", "b'and back'", repr("raw" * 20)]


DOING = """
    import multiprocessing as mp
    import os
    import sys
    import time

    def get(o):
        o["inbox"].get()  # get

    def get_timeout(o):
        o["inbox"].get(timeout=50)  # get_timeout

    def put(o):
        o["full"].put(2)  # put

    def put_timeout(o):
        o["full"].put(2, timeout=50)  # put_timeout

    def queue_join(o):
        o["jobs"].join()  # queue_join

    def simple_get(o):
        o["simple"].get()  # simple_get

    def recv(o):
        o["left"].recv()  # recv

    def poll(o):
        o["quiet"].poll(50)  # poll

    def send(o):
        o["writer"].send_bytes(b"x" * 10_000_000)  # send

    def acquire(o):
        o["lock"].acquire()  # acquire

    def acquire_timeout(o):
        o["lock"].acquire(timeout=50)  # acquire_timeout

    def with_lock(o):
        with o["lock"]:  # with_lock
            pass

    def with_rlock(o):
        with o["again"]:  # with_rlock
            pass

    def semaphore(o):
        o["places"].acquire()  # semaphore

    def condition(o):
        with o["changed"]:
            o["changed"].wait()  # condition

    def event(o):
        o["ready"].wait()  # event

    def barrier(o):
        o["together"].wait()  # barrier

    def locked_value(o):
        o["number"].value  # locked_value

    def locked_array(o):
        o["numbers"][0] = 1  # locked_array

    def process_join(o):
        child = mp.Process(target=time.sleep, args=(50,), name="grandchild")
        child.daemon = True
        child.start()
        child.join()  # process_join

    def big_put(o):
        o["big"].put(b"x" * 10_000_000)
        # returns, and waits for its feeder

    TARGETS = [get, get_timeout, put, put_timeout, queue_join, simple_get, recv, poll, send, acquire, acquire_timeout,
        with_lock, with_rlock, semaphore, condition, event, barrier, locked_value, locked_array, process_join, big_put]

    if __name__ == "__main__":
        mp.set_start_method(sys.argv[1])
        inbox, full, jobs, simple, big = mp.Queue(), mp.Queue(1), mp.JoinableQueue(), mp.SimpleQueue(), mp.Queue()
        left, right = mp.Pipe()
        quiet, other = mp.Pipe()
        reader, writer = mp.Pipe(False)
        lock, again, places = mp.Lock(), mp.RLock(), mp.Semaphore(1)
        changed, ready, together = mp.Condition(), mp.Event(), mp.Barrier(2)
        number, numbers = mp.Value("i"), mp.Array("i", 3)
        full.put(1), jobs.put(1)
        lock.acquire(), again.acquire(), places.acquire()  # main
        number.get_lock().acquire(), numbers.get_lock().acquire()
        o = {name: value for name, value in globals().items() if "multiprocessing." in type(value).__module__}
        for target in TARGETS:
            mp.Process(target=target, args=(o,), name=target.__name__).start()
        time.sleep(100)
"""


@ALL
def test_what_each_waits_for(version: str, method: str, see: See) -> None:
    seen = see(version, DOING, method)
    expected = {
        "get": ("get", "inbox"),
        "get_timeout": ("get", "inbox"),
        "put": ("put", "full"),
        "put_timeout": ("put", "full"),
        "queue_join": ("join", "jobs"),
        "simple_get": ("get", "simple"),
        "recv": ("recv", "left"),
        "poll": ("poll", "quiet"),
        "send": ("send", "reader ⇄ writer"),
        "acquire": ("acquire", "lock"),
        "acquire_timeout": ("acquire", "lock"),
        "with_lock": ("acquire", "lock"),
        "with_rlock": ("acquire", "again"),
        "semaphore": ("acquire", "places"),
        "condition": ("wait", "changed"),
        "event": ("wait", "ready"),
        "barrier": ("wait", "together"),
        "locked_value": ("acquire", "number.get_lock()"),
        "locked_array": ("acquire", "numbers.get_lock()"),
        "process_join": ("join", "grandchild"),
    }

    def found(snapshot: Snapshot) -> dict[str, tuple[str, str]]:
        waits = {each.name: each.waiting for each in snapshot.processes}
        # The name of a file may be told a look after the wait that is in it.
        told = {name: wait for name, wait in waits.items() if wait is not None and wait.site is not None}
        return {name: (wait.op, wait.object) for name, wait in told.items() if name in expected}

    try:
        # Of a child that has not come to its line yet, nothing is known of what it puts either.
        snapshot = seen.until(lambda snapshot: found(snapshot) == expected and process(snapshot, "big_put").state.alive)
    except pytest.fail.Exception:
        assert found(seen.run.snapshot()) == expected
        raise
    for name in expected:
        wait = process(snapshot, name).waiting
        assert wait is not None
        assert wait.site is not None
        assert wait.site.line == seen.line(name), name
        assert 0 <= wait.since <= snapshot.now
        assert process(snapshot, name).state is State.WAITING
    main = process(snapshot, "main")
    for name, waiters in (
        ("lock", {"acquire", "acquire_timeout", "with_lock"}),
        ("again", {"with_rlock"}),
        ("places", {"semaphore"}),
        ("number.get_lock()", {"locked_value"}),
        ("numbers.get_lock()", {"locked_array"}),
    ):
        each = lock(snapshot, name)
        assert [hold.process for hold in each.holders] == [main.key], name
        assert {name_of(snapshot, hold.process) for hold in each.waiters} == waiters
    held = lock(snapshot, "lock").holders[0]
    assert held.site is not None
    assert held.site.line == seen.line("main")
    assert channel(snapshot, "big").buffered in (0, 1)
    assert process(snapshot, "big_put").state.alive


LOCKS = """
    import multiprocessing as mp
    import sys
    import time

    def work(lock, again, places, bound, changed, ready, together, number):
        ready.wait()
        for _ in range(10):
            with lock:
                pass
            lock.acquire()
            lock.release()
            lock.acquire(timeout=20)
            lock.release()
        for _ in range(3):
            with again:
                again.acquire()
                with again:
                    pass
                again.release()
        for _ in range(5):
            with places:
                pass
            bound.acquire()
            bound.release()
        with changed:
            changed.notify()
            changed.notify_all()
        together.wait()
        for _ in range(4):
            with number.get_lock():
                number.value += 1
        number.value
        number.value = number.value

    def waits(changed, started):
        with changed:
            started.set()
            print(changed.wait(timeout=30))

    if __name__ == "__main__":
        mp.set_start_method(sys.argv[1])
        lock, again, places, bound = mp.Lock(), mp.RLock(), mp.Semaphore(2), mp.BoundedSemaphore(2)
        changed, ready, together, number = mp.Condition(), mp.Event(), mp.Barrier(2), mp.Value("i", 0)
        started = mp.Event()
        waiter = mp.Process(target=waits, args=(changed, started))
        waiter.start()
        started.wait()
        with changed:
            pass
        children = [mp.Process(target=work, args=(lock, again, places, bound, changed, ready, together, number))
                    for _ in range(2)]
        for each in children:
            each.start()
        ready.set()
        for each in children + [waiter]:
            each.join()
        print(lock.acquire(False), lock.acquire(False), lock.acquire(timeout=0.01), lock.acquire(True, 0))
        assert ready.is_set()
        ready.clear()
        print([each.exitcode for each in children])
        places.acquire()
        lock.release()
        try:
            lock.release()
        except ValueError:
            pass
        with lock:
            print("held", flush=True)
            time.sleep(1)
"""


@ALL
def test_locks(version: str, method: str, see: See) -> None:
    seen = see(version, LOCKS, method)
    seen.until(lambda _: "held" in seen.output())

    def holders(snapshot: Snapshot) -> list[str]:
        held = [hold for each in snapshot.locks if each.name == "lock" for hold in each.holders]
        return [name_of(snapshot, hold.process) for hold in held]

    seen.until(lambda snapshot: holders(snapshot) == ["main"])
    snapshot = seen.end()
    assert seen.output().split("\n")[-3:] == ["True False False False", "[0, 0]", "held"]
    assert {each.name: each.kind for each in snapshot.locks} == {
        "lock": "Lock",
        "again": "RLock",
        "places": "Semaphore",
        "bound": "BoundedSemaphore",
        "changed": "Condition",
        "ready": "Event",
        "started": "Event",
        "together": "Barrier",
        "number.get_lock()": "RLock",
    }
    assert lock(snapshot, "lock").acquired == 2 * 30 + 1 + 1
    assert lock(snapshot, "lock").contended <= 60
    assert lock(snapshot, "again").acquired == 2 * 9
    assert (lock(snapshot, "places").acquired, lock(snapshot, "places").value) == (11, 1)
    assert (lock(snapshot, "bound").acquired, lock(snapshot, "bound").value) == (10, 2)
    assert lock(snapshot, "changed").acquired == 2 * 2
    assert (lock(snapshot, "ready").acquired, lock(snapshot, "ready").value) == (1, 0)
    assert lock(snapshot, "ready").contended == 2
    assert (lock(snapshot, "started").acquired, lock(snapshot, "started").value) == (1, 1)
    assert lock(snapshot, "together").acquired == 2
    assert value(snapshot, "number").value == 8
    assert (value(snapshot, "number").reads, value(snapshot, "number").writes) == (2 * 6, 2 * 5)
    assert lock(snapshot, "number.get_lock()").acquired == 2 * (4 + 11)
    for each in snapshot.locks:
        if each.kind != "Semaphore":
            assert each.holders == (), each.name
        assert each.waiters == ()


VALUES = """
    import ctypes
    import multiprocessing as mp
    import multiprocessing.sharedctypes
    import sys

    class Point(ctypes.Structure):
        _fields_ = [("x", ctypes.c_double), ("y", ctypes.c_double)]

    class Named(ctypes.Structure):
        _fields_ = [("name", ctypes.c_char * 8), ("corners", Point * 2), ("count", ctypes.c_uint8),
                    ("bit", ctypes.c_int, 3), ("pointer", ctypes.c_void_p), ("on", ctypes.c_bool)]

    def work(number, array, points, direct, raw, rawarray, text, unlocked, named):
        number.value = 7
        array[1] = 2.5
        array[2:4] = [3.5, 4.5]
        array[0], array[:], len(array)
        for point in points:
            point.x **= 2
            point.y **= 2
        direct.value += 1
        raw.value = 9
        rawarray[2] = 5
        text.value = b"hello"
        unlocked.value = 4
        named.name, named.count = b"box", 200
        named.corners[1].y, named.on = 6.5, True

    if __name__ == "__main__":
        mp.set_start_method(sys.argv[1])
        number, array = mp.Value("i", 3), mp.Array("d", 5)
        points = mp.Array(Point, [(1, 2), (3, 4)])
        direct = multiprocessing.sharedctypes.Value(ctypes.c_long, 41)
        raw = mp.RawValue("h", 0)
        rawarray = multiprocessing.sharedctypes.RawArray("i", 4)
        table = multiprocessing.sharedctypes.RawArray(ctypes.c_short * 2, 3)
        text = mp.Array("c", 10)
        unlocked = mp.Value("b", lock=False)
        named = mp.Value(Named, lock=mp.Lock())
        shared = mp.Lock()
        one, two = mp.Value("i", 1, lock=shared), mp.Value("i", 2, lock=shared)
        large = mp.Array("i", 3000)
        large[2999] = 1
        child = mp.Process(target=work, args=(number, array, points, direct, raw, rawarray, text, unlocked, named))
        child.start()
        child.join()
        print(child.exitcode, one.value + two.value)
"""


@ALL
def test_values(version: str, method: str, see: See) -> None:
    seen = see(version, VALUES, method)
    snapshot = seen.end()
    assert seen.output() == "0 3"
    found = {each.name: (each.kind, each.type, each.value) for each in snapshot.values if each.name != "large"}
    assert found == {
        "number": ("Value", "int", 7),
        "array": ("Array", "double[5]", [0.0, 2.5, 3.5, 4.5, 0.0]),
        "points": ("Array", "Point[2]", [{"x": 1.0, "y": 4.0}, {"x": 9.0, "y": 16.0}]),
        "direct": ("Value", "long", 42),
        "raw": ("RawValue", "short", 9),
        "rawarray": ("RawArray", "int[4]", [0, 0, 5, 0]),
        "table": ("RawArray", "short[3][2]", [[0, 0], [0, 0], [0, 0]]),
        "text": ("Array", "char[10]", "hello"),
        "unlocked": ("Value", "byte", 4),
        "named": (
            "Value",
            "Named",
            {
                "name": "box",
                "corners": [{"x": 0.0, "y": 0.0}, {"x": 0.0, "y": 6.5}],
                "count": 200,
                "bit": None,
                "pointer": None,
                "on": True,
            },
        ),
        "one": ("Value", "int", 1),
        "two": ("Value", "int", 2),
    }
    counts = {each.name: (each.reads, each.writes) for each in snapshot.values}
    assert counts["number"] == (0, 1)
    assert counts["array"] == (2, 2)
    assert counts["direct"] == (1, 1)
    assert counts["text"] == (0, 1)
    assert counts["named"] == (1, 3)
    assert counts["one"] == (1, 0)
    assert counts["raw"] == counts["rawarray"] == counts["unlocked"] == (None, None)
    assert value(snapshot, "large").length == 3000
    assert name_of(snapshot, value(snapshot, "number").writer) == "Process-1"
    assert lock(snapshot, "shared").acquired == 2


UNSEEN = """
    import ctypes
    import multiprocessing as mp
    import sys
    import time

    class Point(ctypes.Structure):
        _fields_ = [("x", ctypes.c_double), ("y", ctypes.c_double)]

    def work(past, field, through):
        for step in range(8):
            past.get_obj()[0] += 1
            field[0].x += 1
            through[0] += 1
            time.sleep(0.2)

    if __name__ == "__main__":
        mp.set_start_method(sys.argv[1])
        past, field, through = mp.Array("i", 3), mp.Array(Point, 2), mp.Array("i", [5, 6])
        child = mp.Process(target=work, args=(past, field, through))
        child.start()
        child.join()
        soon = mp.Array("i", 1)
        soon.get_obj()[0] = 1
"""


@ALL
def test_writes_past_the_wrapper_are_told_as_unseen(version: str, method: str, see: See) -> None:
    snapshot = see(version, UNSEEN, method).end()
    found = {each.name: (each.unseen, each.writes) for each in snapshot.values}
    assert found == {"past": (True, 0), "field": (True, 0), "through": (False, 8), "soon": (True, 0)}


LIVES = """
    import multiprocessing as mp
    import os
    import signal
    import sys
    import time

    class Worker(mp.Process):
        def __init__(self, code):
            super().__init__(daemon=True)
            self.code = code

        def run(self):
            sys.exit(self.code)

    class Odd(Worker):
        def __init__(self):
            super().__init__(code=0)

    def work(number, text, option=None):
        pass

    def raises():
        raise ValueError

    if __name__ == "__main__":
        mp.set_start_method(sys.argv[1])
        children = [
            mp.Process(target=work, args=(1, "two"), kwargs={"option": [3]}, name="named"),  # named
            Worker(3),  # worker
            Odd(),
            mp.Process(target=raises),
            mp.Process(target=time.sleep, args=(100,), name="terminated"),
            mp.Process(target=time.sleep, args=(100,), name="killed"),
        ]
        handle = mp.Process(target=work, name="never started")
        for each in children:
            each.start()
        children[4].terminate()
        children[5].kill()
        for each in children:
            each.join()
        zombie = mp.Process(target=work, args=(1, 2), name="zombie")
        zombie.start()
        pid = os.fork()
        if not pid:
            queue = mp.SimpleQueue()
            queue.put(1)
            os.kill(os.getpid(), signal.SIGKILL)
        os.waitpid(pid, 0)
        print("forked", pid, flush=True)
        time.sleep(1.5)
        print("end", flush=True)
        os._exit(5)
"""


@ALL
def test_lives(version: str, method: str, see: See) -> None:
    seen = see(version, LIVES, method)
    before = seen.until(lambda _: "forked" in seen.output())
    # A forkserver asks for the exit status of its children, whoever is to join them.
    ended = State.GONE if method == "forkserver" else State.ZOMBIE
    before = seen.until(
        lambda snapshot: (
            ("zombie", ended, 0) in [(each.name, each.state, each.exitcode) for each in snapshot.processes]
        ),
        "it is not seen to have ended",
    )
    never = process(before, "never started")
    assert (never.state, never.pid, never.exitcode, never.started) == (State.CREATED, None, None, None)
    snapshot = seen.end(5)
    named, worker, odd = (process(snapshot, name) for name in ("named", "Worker-2", "Odd-3"))
    assert (named.cls, named.target, named.args, named.daemon) == ("Process", "work", "1, 'two', option=list", False)
    assert (worker.cls, worker.target, worker.exitcode, worker.daemon) == ("Worker", None, 3, True)
    assert (odd.cls, odd.exitcode) == ("Odd", 0)
    assert named.site is not None
    assert worker.site is not None
    assert (named.site.line, worker.site.line) == (seen.line("named"), seen.line("worker"))
    assert process(snapshot, "Process-4").exitcode == 1
    ends = {name: process(snapshot, name) for name in ("terminated", "killed")}
    assert {name: (each.exitcode, each.signal) for name, each in ends.items()} == {
        "terminated": (-signal.SIGTERM, "SIGTERM"),
        "killed": (-signal.SIGKILL, "SIGKILL"),
    }
    for each in (named, worker, odd, *ends.values()):
        assert each.state is State.JOINED
        assert each.start_method == method
        assert each.created is not None
        assert each.started is not None
        assert each.ended is not None
        assert each.joined is not None
        assert each.created <= each.started <= each.ended <= each.joined
        assert each.parent == process(snapshot, "main").pid
    fork = next(each for each in snapshot.processes if each.role == "fork")
    assert re.search(r"forked (\d+)", seen.output())[1] == str(fork.pid)  # type: ignore[index]
    assert fork.name == "fork of main"
    queue = next(each for each in snapshot.channels if each.kind == "SimpleQueue" and not each.internal)
    assert (queue.put, queue.got, queue.owner) == (1, 0, fork.key)
    main = process(snapshot, "main")
    assert (main.exitcode, main.role, main.state) == (5, "main", State.JOINED)


STORM = """
    import multiprocessing as mp
    import os
    import signal
    import sys

    def storm(queue, lock, value, ends):
        for number in range(20_000):
            with lock:
                value.value += 1
        for number in range(3000):
            queue.put(number)
            ends.send(number)
        queue.close()
        queue.join_thread()
        os.kill(os.getpid(), signal.SIGKILL)

    if __name__ == "__main__":
        mp.set_start_method(sys.argv[1])
        queue, lock, value = mp.Queue(), mp.Lock(), mp.Value("i", 0)
        reader, writer = mp.Pipe(False)
        child = mp.Process(target=storm, args=(queue, lock, value, writer))
        child.start()
        for number in range(3000):
            assert queue.get() == reader.recv() == number
        child.join()
        print(child.exitcode)
"""


@pytest.mark.parametrize(("detail", "version", "method"), spread(["light", "auto", "full"]))
def test_counts_are_exact_whatever_the_detail(detail: str, version: str, method: str, see: See) -> None:
    """Also of a process that was killed."""
    seen = see(version, STORM, method, detail=detail)
    snapshot = seen.end()
    assert seen.output() == "-9"
    queue, pipe = channel(snapshot, "queue"), channel(snapshot, "reader ⇄ writer")
    assert (queue.put, queue.got, pipe.put, pipe.got) == (3000, 3000, 3000, 3000)
    assert lock(snapshot, "lock").acquired == 20_000
    number = value(snapshot, "value")
    assert (number.value, number.reads, number.writes) == (20_000, 20_000, 20_000)
    assert lock(snapshot, "value.get_lock()").acquired == 40_000
    written, sampled, dropped = seen.run.totals()
    assert dropped == 0
    if detail == "full":
        assert sampled == 0
        assert written > 80_000
    else:
        assert sampled > 60_000
        assert queue.sampled


def test_more_objects_than_there_are_cells_are_counted(see: See) -> None:
    seen = see(CURRENT, (Path(__file__).parent / "programs" / "many_objects.py").read_text(), "fork")
    snapshot = seen.end()
    assert seen.output() == "5000 0"
    pipes = [each for each in snapshot.channels if each.name == "one ⇄ other"]
    gone = snapshot.forgotten.channels
    assert (sum(each.put for each in pipes) + gone, sum(each.got for each in pipes) + gone) == (5000, 5000)
    kept = channel(snapshot, "ours ⇄ theirs")
    assert (kept.put, kept.got) == (11, 11)
    assert lock(snapshot, "lock").acquired == 5000
    assert seen.run.totals()[2] == 0, "nothing found no room"
    assert seen.run.faults() == []


def test_threads_of_one_process(see: See) -> None:
    seen = see(
        CURRENT,
        """
        import multiprocessing as mp
        import threading

        def work():
            for _ in range(2000):
                with lock:
                    number.value += 1
                queue.put(1)
                event.set()

        if __name__ == "__main__":
            lock, number, queue, event = mp.Lock(), mp.Value("i", 0), mp.Queue(), mp.Event()
            threads = [threading.Thread(target=work) for _ in range(4)]
            for each in threads:
                each.start()
            for _ in range(8000):
                queue.get()
            for each in threads:
                each.join()
    """,
    )
    snapshot = seen.end()
    assert lock(snapshot, "lock").acquired == 8000
    assert (value(snapshot, "number").value, value(snapshot, "number").writes) == (8000, 8000)
    assert (channel(snapshot, "queue").put, channel(snapshot, "queue").got) == (8000, 8000)
    assert lock(snapshot, "event").acquired == 8000


def test_a_thread_that_waits_is_not_its_process(see: See) -> None:
    seen = see(
        CURRENT,
        """
        import multiprocessing as mp
        import threading
        import time

        if __name__ == "__main__":
            queue = mp.Queue()
            threading.Thread(target=queue.get, daemon=True).start()
            print("started", flush=True)
            time.sleep(100)
    """,
    )
    snapshot = seen.until(lambda snapshot: snapshot.main is not None and snapshot.main.doing)
    main = snapshot.main
    assert main is not None
    assert main.waiting is None
    assert [(each.op, each.object) for each in main.doing] == [("get", "queue")]


LOSES = """
    import multiprocessing as mp
    import multiprocessing.util
    import sys
    import threading
    import time

    class Odd:
        def __getstate__(self):
            raise IndexError("odd")

    class Late:
        def __getstate__(self):
            while not mp.util.is_exiting():
                time.sleep(0.01)
            raise ValueError(self)

    def produce(some):
        some.put({"id": 1})  # 1
        some.put({"id": 2, "key": lambda x: x})  # 2
        some.put(Odd())
        some.put({"id": 3})  # 3
        time.sleep(1)

    def leave(last):
        last.put(1)
        last.put(Late())
        last.put(2)
        last.put(3)

    def both(shared):
        def a():
            for number in range(10):
                shared.put("a")  # a
        def b():
            for number in range(10):
                shared.put("b")  # b
        threads = [threading.Thread(target=each) for each in (a, b)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()

    if __name__ == "__main__":
        mp.set_start_method(sys.argv[1])
        some, last, unread, shared = mp.Queue(), mp.JoinableQueue(), mp.Queue(), mp.Queue()
        children = [mp.Process(target=target, args=(queue,), name=target.__name__)
                    for target, queue in ((produce, some), (leave, last), (both, shared))]
        for each in children:
            each.start()
        print(some.get(), some.get(), last.get(), [shared.get() for _ in range(20)] and "there")
        for each in children:
            each.join()
        unread._ignore_epipe = True
        unread._reader.close()
        unread.put(1)
        unread._thread.join()
"""


@ALL
def test_what_a_feeder_cannot_send_is_lost(version: str, method: str, see: See) -> None:
    seen = see(version, LOSES, method)
    snapshot = seen.end()
    assert "{'id': 1} {'id': 3} 1 there" in seen.output()

    def counts(name: str) -> tuple[int, ...]:
        each = channel(snapshot, name)
        return each.put, each.got, each.lost, each.depth, each.buffered

    assert counts("some") == (4, 2, 2, 0, 0)
    assert channel(snapshot, "some").lost_because == "IndexError: odd"
    assert counts("last") == (4, 1, 3, 0, 0)
    assert channel(snapshot, "last").lost_because == "ValueError(Late) (and 2 behind it)"
    assert counts("unread") == (1, 0, 1, 0, 0)
    assert "Broken pipe" in channel(snapshot, "unread").lost_because
    events = snapshot.messages.since(0)[1]

    def told(name: str) -> list[tuple[str, int | None, str]]:
        key = channel(snapshot, name).key
        found = [event.message for event in events if event.message.channel == key and event.op == "put"]
        lines = [each.put_site.line if each.put_site is not None else None for each in found]
        return [
            (each.preview, line, each.lost_because.partition(":")[0]) for each, line in zip(found, lines, strict=True)
        ]

    first, second, odd, third = told("some")
    assert first == ("{'id': 1}", seen.line("1"), "")
    assert second[:2] == ("", seen.line("2"))
    assert second[2] in ("AttributeError", "PicklingError")
    assert odd == ("", seen.line("2") + 1, "IndexError")
    assert third == ("{'id': 3}", seen.line("3"), "")
    assert [each[::2] for each in told("last")] == [
        ("1", ""),
        ("", "ValueError(Late)"),
        ("", "behind one that was lost"),
        ("", "behind one that was lost"),
    ]
    # Each message is one, from its put to its arrival, whichever of two threads put it.
    for name in "some", "last", "shared":
        key = channel(snapshot, name).key
        for event in events:
            message = event.message
            if message.channel == key:
                assert message.put is not None, event
                assert (message.sent is None) == (message.lost is not None), event
    for name in "ab":
        assert told("shared").count((repr(name), seen.line(name), "")) == 10


SAMPLED = """
    import multiprocessing as mp
    import sys
    import time

    def produce(queue):
        queue.put("first")
        queue.put(lambda: 0)
        for number in range(1, 3000):
            queue.put((number % 2, "x"))  # put
            if number % 2:
                queue.put((number % 2, "y"))  # odd
            time.sleep(0.0002)

    if __name__ == "__main__":
        mp.set_start_method(sys.argv[1])
        queue = mp.Queue()
        child = mp.Process(target=produce, args=(queue,))
        child.start()
        for _ in range(4500):
            queue.get()
        child.join()
"""


@ALL
def test_messages_are_whole_after_a_loss_also_where_few_are_shown(version: str, method: str, see: See) -> None:
    seen = see(version, SAMPLED, method)
    snapshot = seen.end()
    queue = channel(snapshot, "queue")
    assert (queue.put, queue.got, queue.lost, queue.depth, queue.sampled) == (4501, 4500, 1, 0, True)
    steps = [event for event in snapshot.messages.since(0)[1] if event.message.channel == queue.key]
    late = [event.message for event in steps if event.op == "sent" and event.message.preview != "'first'"]
    whole = [message for message in late if message.put is not None]
    assert len(whole) > 20
    assert len(whole) > len(late) / 2
    lines = {"(1, 'x')": "put", "(0, 'x')": "put", "(1, 'y')": "odd"}
    for message in whole:
        assert message.put_site is not None
        assert message.put_site.line == seen.line(lines[message.preview])


FLUSHES = """
    import multiprocessing as mp
    import sys
    import time

    def puts(queue):
        queue.put(b"x" * 10_000_000)
        sys.exit(3)

    if __name__ == "__main__":
        mp.set_start_method(sys.argv[1])
        queue = mp.Queue()
        child = mp.Process(target=puts, args=(queue,), name="flushes")
        child.start()
        while not queue._poll():
            time.sleep(0.01)
        time.sleep(0.5)
        queue.get()
        child.join()
"""


@ALL
def test_an_exit_code_is_of_what_has_ended(version: str, method: str, see: See) -> None:
    seen = see(version, FLUSHES, method)
    looks: list[tuple[str, int | None, bool]] = []

    def over(snapshot: Snapshot) -> bool:
        found = next((each for each in snapshot.processes if each.name == "flushes"), None)
        if found is not None and found.state.alive:
            looks.append((found.waiting.op if found.waiting else "", found.exitcode, found.ended is not None))
        return found is not None and found.ended is not None

    child = process(seen.until(over), "flushes")
    assert ("flush", None, False) in looks
    assert {each[1:] for each in looks} == {(None, False)}
    assert (child.exitcode, child.phase) == (3, Phase.EXITING)
    seen.end()


def test_what_cannot_be_pickled_is_a_finding(see: See) -> None:
    seen = see(
        CURRENT,
        """
        import multiprocessing as mp

        if __name__ == "__main__":
            queue = mp.Queue()
            for item in 1, lambda: 0, 2:
                queue.put(item)  # puts
            print(queue.get(), queue.get())
    """,
    )
    snapshot = seen.end()
    queue = channel(snapshot, "queue")
    assert (queue.put, queue.got, queue.lost, queue.depth, queue.buffered) == (3, 2, 1, 0, 0)
    assert "pickle" in queue.lost_because
    sent = [each.message for each in snapshot.messages.since(0)[1] if each.op == "sent"]
    assert [each.put is not None for each in sent] == [True, True]
    (found,) = snapshot.findings
    assert (found.rule, found.severity, found.verdict) == ("unpicklable", "warning", "certain")
    assert found.message.startswith(
        "an item that main has put into queue could not be pickled, and nobody will ever get it: "
    )
    assert found.site == Site(seen.run.launch.script, seen.line("puts"))


def test_a_wait_that_fails_is_over(see: See) -> None:
    seen = see(
        CURRENT,
        """
        import contextlib
        import multiprocessing as mp
        import queue
        import time

        def fails(action, *args, **kwargs):
            try:
                action(*args, **kwargs)
            except Exception as error:
                print(type(error).__name__)
            else:
                print("no error")

        if __name__ == "__main__":
            empty, full, lock = mp.Queue(), mp.Queue(1), mp.Lock()
            left, right = mp.Pipe()
            full.put(1)
            fails(empty.get, timeout=0.01)
            fails(full.put, 1, timeout=0.01)
            right.close()
            fails(left.recv)
            fails(left.send, 1)
            fails(mp.Condition().wait)
            fails(mp.Barrier(2).wait, 0.01)
            fails(mp.Process().join)
            fails(mp.JoinableQueue().task_done)
            fails(lock.release)
            print(lock.acquire(), lock.acquire(timeout=0.01), mp.Event().wait(0.01), flush=True)
            time.sleep(100)
    """,
    )
    seen.until(lambda _: "True False False" in seen.output())

    def over(snapshot: Snapshot) -> bool:
        taken = any(each.name == "lock" and each.acquired for each in snapshot.locks)
        return taken and not process(snapshot, "main").doing

    snapshot = seen.until(over, "it is still doing it")
    assert process(snapshot, "main").waiting is None
    assert (lock(snapshot, "lock").acquired, lock(snapshot, "lock").contended) == (1, 0)


SEGMENTS = """
    import multiprocessing as mp
    import os
    import struct
    import sys
    import time
    from multiprocessing import shared_memory
    from multiprocessing.managers import SharedMemoryManager

    def attach(name, items, ready, go):
        memory = shared_memory.SharedMemory(name)  # attach
        memory.buf[:5] = b"hello"
        items[1] += 40
        items[0] = "new"
        ready.release(), go.acquire()
        memory.close()
        items.shm.close()
        ready.release(), go.acquire()

    def leave():
        forgotten = shared_memory.SharedMemory(create=True, size=8)  # forgotten
        forgotten.buf[:2] = b"\\x39\\x05"
        os._exit(0)

    if __name__ == "__main__":
        mp.set_start_method(sys.argv[1])
        ready, go = mp.Semaphore(0), mp.Semaphore(0)
        text = shared_memory.SharedMemory(create=True, size=4096)  # text
        items = shared_memory.ShareableList(["old", 2, None, 2.5, b"raw", True])
        numbers = shared_memory.SharedMemory(create=True, size=80)
        numbers.buf[8:16] = struct.pack("d", 2.5)
        child = mp.Process(target=attach, args=(text.name, items, ready, go), name="child")
        child.start()
        ready.acquire()
        print("attached", flush=True)
        while not os.path.exists(sys.argv[2]):
            time.sleep(0.01)
        go.release(), ready.acquire()
        print("closed", flush=True)
        while not os.path.exists(sys.argv[3]):
            time.sleep(0.01)
        go.release()
        child.join()
        leaver = mp.Process(target=leave, name="leaver")
        leaver.start()
        leaver.join()
        while not os.path.exists(sys.argv[4]):
            time.sleep(0.01)
        with SharedMemoryManager() as manager:
            lent = manager.ShareableList([1, 2, 3])
            lent[2] = 4
            lent.shm.close()
        for each in text, items.shm, numbers:
            each.close()
            each.unlink()
"""


@ALL
def test_segments(version: str, method: str, see: See, tmp_path: Path) -> None:
    first, second, third = (tmp_path / each for each in ("first", "second", "third"))
    seen = see(version, SEGMENTS, method, str(first), str(second), str(third))

    def users(snapshot: Snapshot, name: str) -> list[str]:
        found = [each for each in snapshot.values if each.name == name]
        return sorted(name_of(snapshot, key) for key in found[0].open_by) if found else []

    both = ["child", "main"]
    snapshot = seen.until(
        lambda snapshot: users(snapshot, "text") == both and value(snapshot, "text").value == "hello", "it is attached"
    )
    assert users(snapshot, "items") == both
    assert users(snapshot, "numbers") == (both if method == "fork" else ["main"])
    text = value(snapshot, "text")
    assert (text.kind, text.type, text.size, text.unlinked) == ("SharedMemory", "bytes[4096]", 4096, None)
    assert text.segment is not None
    assert text.segment.startswith("psm_")
    assert text.site is not None
    assert text.site.line == seen.line("text")
    first.touch()
    # What a fork has inherited stays open in it: another object than the one that it has closed.
    left = users(snapshot, "numbers")
    seen.until(lambda snapshot: (users(snapshot, "text"), users(snapshot, "items")) == (left, ["main"]), "it is closed")
    second.touch()
    # A segment that is gone before the next look has shown nothing of what it held.
    seen.until(lambda snapshot: any(each.name == "forgotten" and each.value == 1337 for each in snapshot.values))
    third.touch()

    snapshot = seen.end()
    items, numbers, forgotten = (value(snapshot, name) for name in ("items", "numbers", "forgotten"))
    assert (items.kind, items.type, items.value) == ("ShareableList", "list[6]", ["new", 42, None, 2.5, b"raw", True])
    assert (numbers.guess, numbers.value) == ("float64", [0.0, 2.5])
    assert (forgotten.guess, forgotten.value, name_of(snapshot, forgotten.owner)) == ("int64", 1337, "leaver")
    for each in value(snapshot, "text"), items, numbers:
        assert name_of(snapshot, each.unlinked_by) == "main"
        assert each.open_by == ()
        assert each.unlinked is not None
    assert value(snapshot, "lent").manager is not None
    (finding,) = (each for each in snapshot.findings if each.active)
    assert (finding.rule, finding.severity, finding.verdict) == ("not-unlinked", "warning", "certain")
    assert finding.message.startswith("leaver ended and never unlinked forgotten: ")
    assert finding.objects == (forgotten.key,)
    assert not (Path("/dev/shm") / (forgotten.segment or "")).exists()


TRACKERS = """
    import multiprocessing as mp
    import os
    import sys
    import time
    from multiprocessing import shared_memory

    def attach(names, results):
        memory = shared_memory.SharedMemory(names.recv())
        results.send(memory.size)
        memory.close()

    if __name__ == "__main__":
        mp.set_start_method("fork")
        pipes, results = mp.Pipe(False), mp.Pipe(False)
        child = mp.Process(target=attach, args=(pipes[0], results[1]), name="child")
        child.start()
        data = shared_memory.SharedMemory(create=True, size=100)
        pipes[1].send(data.name)
        results[0].recv()
        child.join()
        while os.path.exists("/dev/shm/" + data.name) or not os.path.exists(sys.argv[1]):
            time.sleep(0.01)
        data.close()
"""


def test_a_tracker_unlinks_what_others_use(see: See, tmp_path: Path) -> None:
    """bpo-38119."""
    go = tmp_path / "go"
    seen = see(CURRENT, TRACKERS, str(go))
    snapshot = seen.until(lambda snapshot: value(snapshot, "data").unlinked is not None if snapshot.values else False)
    go.touch()
    snapshot = seen.end(status=None)
    data = value(snapshot, "data")
    assert data.unlinked_by is None
    assert [name_of(snapshot, key) for key in data.bereft] == ["main"]
    (finding,) = (each for each in snapshot.findings if each.rule == "unlinked-in-use")
    assert finding.message.startswith("main had data open, and the resource tracker of child unlinked it")


def test_a_channel_remembers_how_deep_it_was(see: See) -> None:
    seen = see(
        CURRENT,
        """\
        import multiprocessing as mp, time
        if __name__ == "__main__":
            tasks = mp.SimpleQueue()
            for number in range(5):
                tasks.put(number)
            time.sleep(100)
        """,
    )
    snapshot = seen.until(
        lambda snapshot: any(each.depths[-1:] == (5,) for each in snapshot.channels), "it notes no depth of 5"
    )
    tasks = channel(snapshot, "tasks")
    assert len(tasks.depths) == len(tasks.rates) <= 60
    assert set(tasks.rates) == {0.0}


WAITS = """
    import multiprocessing as mp
    import sys
    import time
    from multiprocessing.connection import Client, Listener, wait

    def accepts(addresses):
        listener = Listener(("localhost", 0))
        addresses.put(listener.address)
        served = listener.accept()
        served.recv()
        listener.accept()  # accept

    def calls(addresses, reader):
        client = Client(addresses.get())
        client.send("hello")
        wait([client, reader])  # wait

    def sleeps():
        time.sleep(60)

    def meets(gate):
        gate.wait()  # meet

    def polls(reader):
        reader.poll(60)  # poll

    def tries(lock, event, condition):
        lock.acquire(timeout=0.01), lock.acquire(timeout=0.01)
        event.wait(0.01)
        with condition:
            condition.wait(0.01), condition.wait(0.01)
        lock.acquire(timeout=60)  # try

    def stops(connection):
        wait(iter([connection, sys.stdin.fileno()]), 0.01)
        time.sleep(60)

    if __name__ == "__main__":
        mp.set_start_method(sys.argv[1])
        addresses, gate, lock = mp.Queue(), mp.Barrier(2), mp.Lock()
        event, condition = mp.Event(), mp.Condition()
        reader, writer = mp.Pipe(False)
        lock.acquire()
        children = [mp.Process(target=target, args=args, name=target.__name__) for target, args in [
            (accepts, (addresses,)), (calls, (addresses, reader)), (sleeps, ()), (meets, (gate,)), (polls, (reader,)),
            (tries, (lock, event, condition)), (stops, (reader,))]]
        for each in children:
            each.start()
        first = children[0]
        first.join(0.01)
        wait([each.sentinel for each in children])  # sentinels
        for each in children:
            each.kill()
"""


@ALL
def test_waits(version: str, method: str, see: See) -> None:
    seen = see(version, WAITS, method)

    def waiting(snapshot: Snapshot) -> dict[str, tuple[str, str, int]]:
        return {
            each.name: (each.waiting.op, each.waiting.object, each.waiting.site.line if each.waiting.site else 0)
            for each in snapshot.processes
            if each.waiting is not None
        }

    expected = {
        "accepts": ("accept", "listener", seen.line("accept")),
        "calls": ("wait", "any of listener, reader ⇄ writer", seen.line("wait")),
        "meets": ("wait", "gate", seen.line("meet")),
        "polls": ("poll", "reader ⇄ writer", seen.line("poll")),
        "tries": ("acquire", "lock", seen.line("try")),
        "main": ("wait", "any of accepts, calls, sleeps and 4 more", seen.line("sentinels")),
    }
    snapshot = seen.until(lambda snapshot: waiting(snapshot) == expected)
    listener = channel(snapshot, "listener")
    assert (listener.kind, listener.put, listener.got) == ("Connection", 1, 1)
    assert listener.address.startswith("127.0.0.1:")
    assert (lock(snapshot, "lock").timed_out, lock(snapshot, "lock").acquired) == (2, 1)
    assert lock(snapshot, "event").timed_out == lock(snapshot, "event").contended == 1
    assert lock(snapshot, "condition").timed_out == 2
    if Path("/proc/self/syscall").exists():
        sleepers = {"sleeps": ASLEEP, "stops": ASLEEP}
        snapshot = seen.until(
            lambda snapshot: (
                {each.name: each.idle for each in snapshot.processes if each.idle and each.probed} == sleepers
            )
        )
        lane = snapshot.spans[process(snapshot, "sleeps").key].since(0)[1]
        assert (process(snapshot, "sleeps").state, lane[-1].text) == (State.WAITING, ASLEEP)
    seen.run.signal(process(snapshot, "sleeps").key, signal.SIGKILL)
    snapshot = seen.end()
    assert not any(each.idle for each in snapshot.processes)


FORKED = """
    import multiprocessing as mp
    import sys
    import threading

    if __name__ == "__main__":
        lock = threading.Lock()
        lock.acquire()
        child = mp.get_context("fork").Process(target=lock.acquire, name="child")
        child.start()
        child.join()
"""


@pytest.mark.skipif(not Path("/proc/self/syscall").exists(), reason="the kernel does not say where a thread is")
@pytest.mark.parametrize("version", [each for each, path in PYTHONS.items() if path is not None])
def test_a_lock_that_was_held_when_its_process_was_forked(version: str, see: See) -> None:
    seen = see(version, FORKED)
    seen.until(lambda snapshot: any(each.name == "child" and each.idle == FOR_A_THREAD for each in snapshot.processes))
    seen.run.signal_all(signal.SIGKILL)  # also one that has just begun
    marks = seen.end(status=None).marks.since(0)[1]
    assert [mark.text for mark in marks if mark.kind == "signal"] == ["SIGKILL", "SIGKILL"]


RESULT_BEHIND_A_LOOP = """
    import multiprocessing as mp
    import sys

    def work(value, end):
        for _ in range(1000):
            with value.get_lock():
                value.value += 1
        end.send_bytes(b"first")
        end.send_bytes(b"second")

    if __name__ == "__main__":
        mp.set_start_method(sys.argv[1])
        value, (here, there) = mp.Value("i"), mp.Pipe()
        child = mp.Process(target=work, args=(value, there), name="child")
        child.start()
        print(here.recv_bytes(), here.recv_bytes())
        child.join()
"""


@ALL
def test_the_few_messages_beside_a_fast_loop_are_seen(version: str, method: str, see: See) -> None:
    snapshot = see(version, RESULT_BEHIND_A_LOOP, method).end()
    child = process(snapshot, "child").key
    (pipe,) = [each for each in snapshot.channels if not each.internal and each.kind == "Pipe"]
    seen = [(each.op, each.message) for each in snapshot.messages.since(0)[1] if each.message.channel == pipe.key]
    for op in ("sent", "received"):
        told = [(message.sender, message.content) for step, message in seen if step == op]
        assert told == [(child, b"first"), (child, b"second")]


HOLDS = """
    import multiprocessing as mp
    import sys
    import threading
    import time
    from multiprocessing.managers import BaseManager, SyncManager

    class Account:
        def __init__(self):
            self.owner, self.sum, self._secret = "Ann", [1], 3
        def add(self, number):
            self.sum.append(number)
            self.odd = self
        def __repr__(self):
            raise AssertionError("shown")

    class Bank(SyncManager):
        pass

    class Remote(BaseManager):
        pass

    Bank.register("Account", Account)
    Remote.register("letters", list)

    def takes(lock):
        lock.acquire()
        time.sleep(60)

    def wants(lock):
        lock.acquire()  # wants

    def waits(condition):
        with condition:
            condition.wait()

    def serves(port):
        server = Remote(("localhost", 0), b"key").get_server()
        port.send(server.address)
        server.serve_forever()  # remote

    if __name__ == "__main__":
        mp.set_start_method(sys.argv[1])
        bank = Bank()
        bank.start()
        stock, notes, names = bank.dict(a=1), bank.list(), bank.Namespace()
        number, array, account = bank.Value("i", 3), bank.Array("d", [1, 2.5]), bank.Account()
        lock, rlock, condition, event = bank.Lock(), bank.RLock(), bank.Condition(), bank.Event()
        seats, letters, gate = bank.BoundedSemaphore(3), bank.Queue(), bank.Barrier(2)
        for each in range(30):
            notes.append((each, "x" * each))
        stock["b"] = [{"c": 2.5}, None]
        stock["me"] = Account()
        names.one, names._two = 1, 2
        number.value, array[0] = 7, 3
        account.add(5)
        rlock.acquire(), rlock.acquire(), event.set(), seats.acquire(), letters.put("hello")
        taker = mp.Process(target=takes, args=(lock,), name="taker")
        taker.start()
        while lock.acquire(False):
            lock.release()
        others = [mp.Process(target=wants, args=(lock,), name="wanter"),
                  mp.Process(target=waits, args=(condition,), name="waiter")]
        mine, yours = mp.Pipe()
        others.append(mp.Process(target=serves, args=(yours,), name="server"))
        for each in others:
            each.start()
        remote = Remote(mine.recv(), b"key")
        remote.connect()
        far = remote.letters()
        far.append("from far")
        print("there", flush=True)
        for each in others:
            each.join()
"""


@ALL
def test_what_managed_objects_hold(version: str, method: str, see: See) -> None:
    seen = see(version, HOLDS, method)

    def held(snapshot: Snapshot) -> dict[str, str]:
        return {each.name: each.value for each in snapshot.managed}

    expected = {
        "stock": "{'a': 1, 'b': [{'c': 2.5}, None], 'me': Account}",
        "names": "one=1",
        "number": "7",
        "array": "[3.0, 2.5]",
        "account": "owner='Ann', sum=[1, 5], odd=Account",
        "lock": "held by taker",
        "rlock": "held by main",
        "condition": "free, 1 wait",
        "event": "set",
        "seats": "2 free",
        "letters": "1 in it: 'hello'",
        "gate": "0 of 2 there",
        "far": "['from far']",
    }
    snapshot = seen.until(lambda snapshot: {**held(snapshot), **expected} == held(snapshot), "not all of it is told")
    notes = held(snapshot)["notes"]
    assert notes.startswith("[(0, ''), (1, 'x'), (2, 'xx')")
    assert len(notes) <= 200
    managers = {each.name: (each.cls, each.pid) for each in snapshot.managers}
    assert managers == {
        "bank": ("Bank", process(snapshot, "Bank-1").pid),
        "server": ("Server", process(snapshot, "server").pid),
    }
    (far,) = (each for each in snapshot.managed if each.name == "far")
    assert snapshot.managers[[each.name for each in snapshot.managers].index("server")].key == far.manager

    def wanted(snapshot: Snapshot) -> tuple[str, str] | None:
        waiting = process(snapshot, "wanter").waiting
        return (waiting.op, waiting.object) if waiting is not None else None

    seen.until(lambda snapshot: wanted(snapshot) == ("acquire", "lock"), "nobody waits for the lock")
    for each in snapshot.processes:
        seen.run.signal(each.key, signal.SIGKILL)
    seen.end(status=None)


HANDED = """
    import multiprocessing as mp
    import sys
    import time

    def take(kind, lock, gate):
        gate.wait()
        for _ in range(6):
            with lock:
                with lock if kind != "Lock" else mp.Lock():
                    pass
                print(kind, mp.current_process().name, flush=True)
                time.sleep(0.03)

    def see(event):
        for _ in range(5):
            event.set()
            event.clear()

    if __name__ == "__main__":
        mp.set_start_method(sys.argv[1])
        with mp.Manager() as manager:
            for kind in "Lock", "RLock", "Condition":
                gate = mp.Barrier(2)
                lock = getattr(manager, kind)()
                children = [mp.Process(target=take, args=(kind, lock, gate), name=kind + name) for name in "ab"]
                for each in children:
                    each.start()
                for each in children:
                    each.join()
            event = manager.Event()
            see(event)
            seats = manager.Semaphore(2)
            for _ in range(5):
                with seats, seats:
                    pass
"""


@ALL
def test_each_holder_of_a_managers_lock_is_told(
    version: str, method: str, see: See, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: dict[int, list[str]] = {}
    apply = Managing.apply

    def note(self: Managing, source: Source, record: Record, at: float) -> None:
        if record.kind == Kind.STATE:
            told.setdefault(record.key, []).append(record.payload.decode())
        apply(self, source, record, at)

    monkeypatch.setattr(Managing, "apply", note)
    seen = see(version, HANDED, method)
    snapshot = seen.end()
    texts = {each.type: [text for text, _ in groupby(told[each.key])] for each in snapshot.managed}
    for kind in "Lock", "RLock", "Condition":
        held = [text.partition(",")[0] for text in texts[kind] if text.startswith("held by")]
        printed = re.findall(rf"\b{kind} (\w+)", seen.output())
        assert len(printed) == 12
        # The same one again is told after "free".
        assert held == [f"held by {name}" for name in printed], texts[kind]
        assert texts[kind][-1].startswith("free")
    assert texts["Event"] == ["not set", *["set", "not set"] * 5]
    assert texts["Semaphore"] == ["2 free", *["1 free", "0 free", "1 free", "2 free"] * 5]


NESTED = """
    import multiprocessing as mp
    import sys

    if __name__ == "__main__":
        mp.set_start_method(sys.argv[1])
        with mp.Manager() as manager:
            outer = manager.dict()
            outer["a"] = manager.list()
            for number in range(3):
                outer["a"].append(number)
            print(outer["a"])
"""


@ALL
def test_an_object_of_a_manager_in_another_one(version: str, method: str, see: See) -> None:
    """Its proxy is gone where it was made: it lives on in the server."""
    seen = see(version, NESTED, method)
    snapshot = seen.end()
    assert seen.output() == "[0, 1, 2]"
    (inner,) = [each for each in snapshot.managed if each.type == "list"]
    assert inner.value == "[0, 1, 2]"


ONE_AFTER_ANOTHER = """
    import multiprocessing as mp
    import sys
    from multiprocessing.managers import BaseManager

    class Box:
        # Of a size that nothing else has, so that the next one gets its place.
        __slots__ = tuple("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")

        def __init__(self):
            for name in self.__slots__:
                setattr(self, name, None)

        def set(self, value):
            self.a = value

    class Boxes(BaseManager):
        pass

    Boxes.register("Box", Box)

    if __name__ == "__main__":
        mp.set_start_method(sys.argv[1])
        with Boxes() as manager:
            identities = set()
            for number in range(5):
                short = manager.Box()
                identities.add(short._token.id)
                for _ in range(number + 1):
                    short.set(number)
                del short
            kept = manager.Box()
            kept.set(7)
            print(len(identities))
"""


@ALL
def test_objects_of_a_manager_one_after_another(version: str, method: str, see: See) -> None:
    """An identity is given again as soon as its object is no more."""
    seen = see(version, ONE_AFTER_ANOTHER, method, detail="full")
    snapshot = seen.end()
    assert int(seen.output()) < 5
    names = ["short", "short#2", "short#3", "short#4", "short#5"]
    assert [(each.name, each.calls, each.last) for each in snapshot.managed] == [
        *((name, number + 1, f"set({number})") for number, name in enumerate(names)),
        ("kept", 1, "set(7)"),
    ]
    assert len({each.key for each in snapshot.managed}) == 6


CROSSED = """
    import multiprocessing as mp
    import sys

    def takes(first, second, both):
        with first:
            both.wait()
            second.acquire()

    def dies(lock):
        lock.acquire()

    if __name__ == "__main__":
        mp.set_start_method(sys.argv[1])
        with mp.Manager() as manager:
            left, right, orphan, both = manager.Lock(), manager.Lock(), manager.Lock(), mp.Barrier(2)
            loser = mp.Process(target=dies, args=(orphan,), name="loser")
            loser.start()
            loser.join()
            for name, locks in (("a", (left, right)), ("b", (right, left))):
                mp.Process(target=takes, args=(*locks, both), name=name, daemon=True).start()
            orphan.acquire()
"""


@ALL
def test_locks_of_a_manager_that_nobody_will_release(version: str, method: str, see: See) -> None:
    seen = see(version, CROSSED, method)

    def found(snapshot: Snapshot) -> dict[str, tuple[str, set[str]]]:
        names = {each.key: each.name for each in snapshot.processes}
        active = [each for each in snapshot.findings if each.active]
        return {each.rule: (each.message, {names[key] for key in each.processes}) for each in active}

    snapshot = seen.until(lambda snapshot: {"deadlock", "holder-died"} <= found(snapshot).keys(), "it is not found")
    message, inside = found(snapshot)["deadlock"]
    assert inside == {"a", "b"}
    assert "a waits to acquire right, which b holds" in message
    message, inside = found(snapshot)["holder-died"]
    assert inside == {"loser"}
    seen.until(
        lambda snapshot: (
            found(snapshot)["holder-died"][0]
            == "loser ended while it held orphan; main will wait until another process releases it"
        ),
        "nobody waits for the lock of the dead",
    )
    for each in seen.run.snapshot().processes:
        if each.role != "resource tracker":  # which unlinks the semaphores when the others are gone
            seen.run.signal(each.key, signal.SIGKILL)
    seen.end(status=None)
