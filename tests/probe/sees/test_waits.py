"""The operation or wait of each process and thread is known."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from rockproc.observer.kernel.idle import ASLEEP
from rockproc.observer.model import Snapshot, State

from tests.probe.conftest import CURRENT, See
from tests.probe.sees.found import ALL, channel, lock, name_of, process, value

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
def test_the_wait_of_each_process_is_known(version: str, method: str, see: See) -> None:
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
        "send": ("send", "writer"),
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
        waits = {process.name: process.main_wait for process in snapshot.processes}
        # The name of a file may be known one poll after a wait in that file.
        located = {name: wait for name, wait in waits.items() if wait is not None and wait.site is not None}
        return {name: (wait.op, wait.object) for name, wait in located.items() if name in expected}

    try:
        # Of a child that has not come to its line yet, nothing is known of what it puts either.
        snapshot = seen.until(lambda snapshot: found(snapshot) == expected and process(snapshot, "big_put").state.alive)
    except pytest.fail.Exception:
        assert found(seen.run.snapshot()) == expected
        raise
    for name in expected:
        wait = process(snapshot, name).main_wait
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
        contended = lock(snapshot, name)
        assert [hold.process for hold in contended.holders] == [main.key], name
        assert {name_of(snapshot, hold.process) for hold in contended.waiters} == waiters
    held = lock(snapshot, "lock").holders[0]
    assert held.site is not None
    assert held.site.line == seen.line("main")
    assert channel(snapshot, "big").buffered in (0, 1)
    assert process(snapshot, "big_put").state.alive


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
        for child in children:
            child.start()
        first = children[0]
        first.join(0.01)
        wait([child.sentinel for child in children])  # sentinels
        for child in children:
            child.kill()
"""


@ALL
def test_waits_of_all_kinds_have_their_lines(version: str, method: str, see: See) -> None:
    seen = see(version, WAITS, method)

    def waiting(snapshot: Snapshot) -> dict[str, tuple[str, str, int]]:
        return {
            process.name: (
                process.main_wait.op,
                process.main_wait.object,
                process.main_wait.site.line if process.main_wait.site else 0,
            )
            for process in snapshot.processes
            if process.main_wait is not None
        }

    expected = {
        "accepts": ("accept", "listener", seen.line("accept")),
        "calls": ("wait", "any of listener, reader ⇄ writer", seen.line("wait")),
        "meets": ("wait", "gate", seen.line("meet")),
        "polls": ("poll", "reader", seen.line("poll")),
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
                {process.name: process.idle for process in snapshot.processes if process.idle and process.probed}
                == sleepers
            )
        )
        lane = snapshot.spans[process(snapshot, "sleeps").key].since(0)[1]
        assert (process(snapshot, "sleeps").state, lane[-1].text) == (State.WAITING, ASLEEP)
    seen.run.signal(process(snapshot, "sleeps").key, signal.SIGKILL)
    snapshot = seen.end()
    assert not any(process.idle for process in snapshot.processes)


def test_a_failed_wait_has_ended(see: See) -> None:
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
        taken = any(lock.name == "lock" and lock.acquired for lock in snapshot.locks)
        return taken and not process(snapshot, "main").waits

    snapshot = seen.until(over, "it is still doing it")
    assert process(snapshot, "main").main_wait is None
    assert (lock(snapshot, "lock").acquired, lock(snapshot, "lock").contended) == (1, 0)


def test_waits_of_all_threads_are_known(see: See) -> None:
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
            for thread in threads:
                thread.start()
            for _ in range(8000):
                queue.get()
            for thread in threads:
                thread.join()
    """,
    )
    snapshot = seen.end()
    assert lock(snapshot, "lock").acquired == 8000
    assert (value(snapshot, "number").value, value(snapshot, "number").writes) == (8000, 8000)
    assert (channel(snapshot, "queue").put, channel(snapshot, "queue").got) == (8000, 8000)
    assert lock(snapshot, "event").acquired == 8000


def test_a_waiting_thread_does_not_make_its_process_wait(see: See) -> None:
    seen = see(
        CURRENT,
        """
        import multiprocessing as mp
        import threading
        import time

        def listen():
            queue.get()

        if __name__ == "__main__":
            queue = mp.Queue()
            threading.Thread(target=listen, daemon=True).start()
            print("started", flush=True)
            time.sleep(100)
    """,
    )
    snapshot = seen.until(lambda snapshot: snapshot.main is not None and snapshot.main.waits)
    main = snapshot.main
    assert main is not None
    assert main.main_wait is None
    assert [(wait.op, wait.object) for wait in main.waits] == [("get", "queue")]
    changes = seen.until(lambda snapshot: snapshot.thread_changes.total).thread_changes.since(0)[1]
    (change,) = [
        change for change in changes if change.state is State.WAITING
    ]  # it may have been seen to compute first
    assert (change.process, change.thread, change.at) == (main.key, main.waits[0].thread, main.waits[0].since)
    assert change.text == "get queue"


@pytest.mark.slow
def test_a_process_that_joins_its_computing_thread_is_running(see: See) -> None:
    seen = see(
        CURRENT,
        """
        import multiprocessing
        import threading

        def computes():
            while True:
                pass

        thread = threading.Thread(target=computes, daemon=True)
        thread.start()
        thread.join()
    """,
    )
    snapshot = seen.until(lambda snapshot: snapshot.main and (snapshot.main.cpu or 0) > 20)
    seen.until(lambda later: later.now > snapshot.now + 1.5 and later.main and later.main.state is State.RUNNING)
