"""Programs that really have problems."""

from __future__ import annotations

import re
import signal
import textwrap
from pathlib import Path

import pytest
from rockproc.observer.model import (
    Finding,
    RunState,
    Site,
    Snapshot,
)

from tests.parameters import fast_first
from tests.probe.conftest import CURRENT, EDGES, See, Seen, edges, spread


def finding(snapshot: Snapshot, rule: str) -> Finding | None:
    return next((finding for finding in snapshot.findings if finding.rule == rule and finding.active), None)


JOINS_FIRST = """
    import multiprocessing as mp

    def work(results):
        for number in range(20):
            results.put(bytes(20_000))

    if __name__ == "__main__":
        results = mp.Queue()
        workers = [mp.Process(target=work, args=(results,), name=f"worker-{n}") for n in (1, 2, 3)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()  # joins
        for number in range(60):
            results.get()
"""


@pytest.mark.parametrize("version", edges(2))
def test_several_processes_joined_before_their_queue_is_read_are_found(version: str, see: See) -> None:
    seen = see(version, JOINS_FIRST)
    snapshot = seen.until(
        lambda snapshot: (
            (found := finding(snapshot, "join-before-get"))
            and "nor can 2 others" in found.message
            and found.verdict == "certain"  # as long as a thread is not known, it is suspected
        )
    )
    (found,) = (finding for finding in snapshot.findings if finding.severity == "error")
    assert found.message.startswith(
        f"main waits at {found.site} for worker-1 to end, and worker-1 cannot, nor can 2 others: "
    )
    assert found.site == Site(seen.run.launch.script, seen.line("joins"))


_BEGIN = """\
    import multiprocessing as mp
    import signal
    import socket
    import subprocess
    import sys
    import threading
    import time

"""

STANDS = {
    "task_done": (
        """
        def work(tasks):
            while tasks.get() != "end":
                pass

        if __name__ == "__main__":
            tasks = mp.JoinableQueue()
            worker = mp.Process(target=work, args=(tasks,), name="worker")
            worker.start()
            for item in "one", "end":
                tasks.put(item)
            tasks.join()  # waits
        """,
        "tasks-not-done",
    ),
    "idle": (
        """
        def work(tasks):
            while True:
                tasks.get()

        if __name__ == "__main__":
            tasks = mp.JoinableQueue()
            for number in (1, 2):
                mp.Process(target=work, args=(tasks,), name=f"worker-{number}").start()
            tasks.put("one")
            tasks.join()  # waits
        """,
        "tasks-not-done",
    ),
    "barrier": (
        """
        def hike(gate, comes):
            if comes:
                gate.wait()  # waits

        if __name__ == "__main__":
            gate = mp.Barrier(4)
            hikers = [mp.Process(target=hike, args=(gate, n < 3), name=f"hiker-{n}") for n in (1, 2, 3, 4)]
            for hiker in hikers:
                hiker.start()
            for hiker in hikers:
                hiker.join()
        """,
        "barrier-short",
    ),
    "condition": (
        """
        def listen(changed):
            time.sleep(0.3)
            with changed:
                changed.wait()  # waits

        if __name__ == "__main__":
            changed = mp.Condition()
            listener = mp.Process(target=listen, args=(changed,), name="listener")
            listener.start()
            with changed:
                changed.notify_all()
            listener.join()
        """,
        "never-notified",
    ),
    "queue": (
        """
        def produce(items):
            items.put(1)

        def consume(items):
            while True:
                items.get()  # waits

        if __name__ == "__main__":
            items = mp.Queue()
            consumer = mp.Process(target=consume, args=(items,), name="consumer")
            producer = mp.Process(target=produce, args=(items,), name="producer")
            consumer.start()
            producer.start()
            producer.join()
            consumer.join()
        """,
        "starved-get",
    ),
    "pipe": (
        """
        def answer(there):
            there.send("here I am")
            there.recv()  # waits

        if __name__ == "__main__":
            here, there = mp.Pipe()
            child = mp.Process(target=answer, args=(there,), name="child")
            child.start()
            here.recv()
            time.sleep(0.3)
            there.close()
            here.recv()  # waits too
        """,
        "no-eof",
    ),
    "one-way pipe": (
        """
        def produce(writer):
            writer.send(1)

        if __name__ == "__main__":
            reader, writer = mp.Pipe(duplex=False)
            producer = mp.Process(target=produce, args=(writer,), name="producer")
            producer.start()
            reader.recv()
            producer.join()
            reader.recv()  # waits
        """,
        "no-eof",
    ),
    "both send": (
        """
        def talk(there):
            there.send(bytes(1_000_000))  # waits too
            there.recv()

        if __name__ == "__main__":
            here, there = mp.Pipe()
            mp.Process(target=talk, args=(there,), name="child").start()
            here.send(bytes(1_000_000))  # waits
            here.recv()
        """,
        "pipe-full",
    ),
    "lock": (
        """
        def produce(lock, items):
            with lock:
                items.put(1)

        if __name__ == "__main__":
            lock, items = mp.Lock(), mp.Queue()
            with lock:
                mp.Process(target=produce, args=(lock, items), name="producer").start()
                items.get()  # waits
        """,
        "starved-get",
    ),
    "thread": (
        """
        if __name__ == "__main__":
            items = mp.SimpleQueue()
            threading.Thread(target=threading.Event().wait, daemon=True).start()
            items.get()  # waits
        """,
        "starved-get",
    ),
    "full": (
        """
        def produce(items):
            for number in range(3):
                items.put(number)  # waits

        if __name__ == "__main__":
            items = mp.Queue(2)
            producer = mp.Process(target=produce, args=(items,), name="producer")
            producer.start()
            producer.join()
        """,
        "pipe-full",
    ),
    "semaphore": (
        """
        if __name__ == "__main__":
            seats = mp.Semaphore(1)
            seats.acquire()
            seats.acquire()  # waits
        """,
        "permits-lost",
    ),
    "any": (
        """
        from multiprocessing.connection import wait

        if __name__ == "__main__":
            one, first = mp.Pipe()
            two, second = mp.Pipe(False)
            wait([one, two])  # waits
        """,
        "nothing-ready",
    ),
    "pool": (
        """
        class Special(Exception):
            def __init__(self, one, two):
                super().__init__(one)

        def work(number):
            raise Special(1, 2)

        if __name__ == "__main__":
            with mp.Pool(2) as pool:
                pool.map(work, [1])  # waits
        """,
        "result-never-comes",
    ),
}


@pytest.mark.parametrize(("name", "version", "method"), spread(STANDS))
def test_a_wait_that_nobody_can_end_is_a_finding(name: str, version: str, method: str, see: See) -> None:
    program, rule = STANDS[name]
    seen = see(version, textwrap.dedent(_BEGIN) + textwrap.dedent(program), method=method)
    snapshot = seen.until(stuck)
    (found,) = (finding for finding in snapshot.findings if finding.severity == "error" and finding.active)
    assert found.rule == rule
    assert found.verdict in ("certain", "orphaned")
    script = seen.run.launch.script
    lines = [number for number, line in enumerate(Path(script).read_text().splitlines(), 1) if "# waits" in line]
    assert found.site in [Site(script, line) for line in lines]


GOES_ON = {
    "a time-out": "item.get(timeout=100)",
    "a time-out of a join": "child.join(100)",
    "a time-out of an Event": "mp.Event().wait(100)",
    "a thread that sleeps": "threading.Thread(target=time.sleep, args=(100,), daemon=True).start(); item.get()",
    "a thread with a socket": """listener = socket.create_server(("127.0.0.1", 0))
            threading.Thread(target=listener.accept, daemon=True).start()
            item.get()""",
    "a thread that reads": """reader, writer = socket.socketpair()
            threading.Thread(target=reader.recv, args=(1,), daemon=True).start()
            item.get()""",
    "a signal": "signal.signal(signal.SIGUSR1, lambda *_: item.put(1)); item.get()",
    "a child of another kind": """subprocess.Popen(
                [sys.executable, "-c", "import time; time.sleep(100)"], pass_fds=[item._writer.fileno()]
            )
            item.get()""",
    "a listener": """from multiprocessing.connection import Listener
            Listener(("127.0.0.1", 0)).accept()""",
    "a manager": "mp.Manager().Queue().get()",
    "a child that computes": "sum(iter(int, 1))",
}


def stuck(snapshot: Snapshot) -> Finding | None:
    """Return an error that is proved; None if there is none."""
    return next(
        (finding for finding in snapshot.findings if finding.severity == "error" and finding.verdict != "suspected"),
        None,
    )


@pytest.mark.slow
def test_a_wait_that_somebody_can_end_is_not_an_error(see: See) -> None:
    """The child always waits forever, and main waits for something that may still end its wait, or not at all."""
    looked_at: dict[str, tuple[Seen, float]] = {}
    for name, statement in GOES_ON.items():
        program = f"""
        def wait(item):
            item.get()

        if __name__ == "__main__":
            item, other = mp.Queue(), mp.Queue()
            child = mp.Process(target=wait, args=(other,), daemon=True, name="child")
            child.start()
            {statement}
        """
        seen = see(CURRENT, textwrap.dedent(_BEGIN) + textwrap.dedent(program))
        begun = seen.until(
            lambda snapshot: any(process.name == "child" and process.waits for process in snapshot.processes)
        )
        looked_at[name] = (seen, begun.now)
    messages_by_program: dict[str, list[str]] = {}
    for name, (seen, begun_at) in looked_at.items():
        snapshot = seen.until(lambda snapshot, at=begun_at: snapshot.now - at > 4, "nobody looks at it any more")
        errors = [finding for finding in snapshot.findings if finding.severity == "error"]
        messages_by_program[name] = [finding.message for finding in errors if finding.verdict != "suspected"]
        assert snapshot.main is not None
        assert snapshot.main.state.alive, seen.output()
    assert messages_by_program == {name: [] for name in GOES_ON}


def test_a_stopped_process_may_continue(see: See) -> None:
    program, _ = STANDS["condition"]
    seen = see(CURRENT, textwrap.dedent(_BEGIN) + textwrap.dedent(program))
    found_deadlock = seen.until(lambda snapshot: stuck(snapshot) and snapshot)
    (listener,) = (process for process in found_deadlock.processes if process.name == "listener")
    seen.run.signal(listener.key, signal.SIGSTOP)
    seen.until(
        lambda snapshot: (
            not [finding for finding in snapshot.findings if finding.active and finding.severity == "error"]
        )
    )


HANDS_OVER = """
    import multiprocessing as mp
    import os
    import sys
    import time

    def take(lock):
        lock.acquire()

    def wait_for_file(name):
        while not os.path.exists(os.path.join(sys.argv[1], name)):
            time.sleep(0.01)

    if __name__ == "__main__":
        lock = mp.Lock()
        for number in "01":
            child = mp.Process(target=take, args=(lock,), name=f"child-{number}")
            child.start()
            child.join()
            wait_for_file(number)
            lock.release()  # what the child has taken
        lock.acquire()
        wait_for_file("end")
"""


@pytest.mark.parametrize("version", edges(0))
def test_a_lock_that_is_handed_over_is_no_error(version: str, see: See, tmp_path: Path) -> None:
    """A process may release a Lock that another process has acquired."""
    seen = see(version, HANDS_OVER, str(tmp_path))

    def holders(snapshot: Snapshot) -> list[str]:
        names = {process.key: process.name for process in snapshot.processes}
        return [names.get(hold.process, "") for lock in snapshot.locks for hold in lock.holders]

    for number in "01":
        name = f"child-{number}"
        snapshot = seen.until(lambda snapshot, name=name: holders(snapshot) == [name] and ended(snapshot, name))
        assert [
            finding.severity for finding in snapshot.findings if finding.active and finding.severity != "info"
        ] == []
        (tmp_path / number).touch()
    snapshot = seen.until(lambda snapshot: holders(snapshot) == ["main"] and snapshot)
    (tmp_path / "end").touch()
    snapshot = seen.end()
    assert {finding.severity for finding in snapshot.findings} <= {"info"}


def ended(snapshot: Snapshot, name: str) -> Snapshot | None:
    """Return the snapshot if the process of that name has ended in it, otherwise None."""
    return (
        snapshot if any(process.name == name and process.ended is not None for process in snapshot.processes) else None
    )


WAITS = """
    import multiprocessing as mp
    import time

    def wait(lock):
        lock.acquire()

    if __name__ == "__main__":
        lock = mp.Lock()
        with lock:
            children = [mp.Process(target=wait, args=(lock,), name=f"child-{n}") for n in (1, 2)]
            for child in children:
                child.start()
            time.sleep(1000)
"""


def test_processes_ended_by_rockproc_have_no_findings(see: See) -> None:
    seen = see(CURRENT, WAITS)
    seen.until(lambda snapshot: [len(lock.waiters) for lock in snapshot.locks] == [2])
    seen.run.stop()
    snapshot = seen.run.snapshot()
    assert all(process.ended is not None for process in snapshot.processes)
    assert snapshot.findings == ()
    assert [(lock.holders != (), lock.waiters) for lock in snapshot.locks] == [(True, ())]


def test_findings_stay_when_rockproc_ends_the_run(see: See) -> None:
    seen = see(CURRENT, WAITS.replace("time.sleep(1000)", "[child.join() for child in children]"))
    seen.until(lambda snapshot: finding(snapshot, "deadlock"))
    seen.run.stop()
    assert [(finding.rule, finding.severity, finding.active) for finding in seen.run.snapshot().findings] == [
        ("deadlock", "error", False)
    ]


LEAVES = """
    import multiprocessing as mp
    import os
    import sys
    import time

    def puts(queue, way, done):
        for _ in range(5):
            queue.put(bytes(50_000))  # puts
        done.set()
        if way == "exit":
            os._exit(0)
        if way == "cancel":
            queue.cancel_join_thread()
        if way == "terminate":
            time.sleep(100)

    if __name__ == "__main__":
        queue, way, done = mp.Queue(), sys.argv[1], mp.Event()
        putter = mp.Process(target=puts, args=(queue, way, done), name="putter")
        putter.start()
        if way == "terminate":
            queue.get()
            done.wait()
            putter.terminate()
        if way == "join":
            for _ in range(5):
                queue.get()
        putter.join()
        queue.get()
"""


@pytest.mark.parametrize("way", ["exit", "cancel", "terminate", "join"])
@pytest.mark.parametrize("version", fast_first(reversed(EDGES)))
def test_items_lost_with_their_producer_are_found(version: str, way: str, see: See) -> None:
    seen = see(version, LEAVES, way)
    # What ends in the midst of an item leaves a pipe that is read without end, or to an error.
    snapshot = seen.until(lambda snapshot: stuck(snapshot) or snapshot.state is RunState.ENDED)
    (channel,) = [channel for channel in snapshot.channels if not channel.internal]
    found = finding(snapshot, "lost-with-process")
    if way == "join":
        assert (channel.died, channel.depth, found) == (0, 0, None)
        return
    assert channel.died in (3, 4, 5)
    assert channel.got + channel.died + channel.depth == channel.put == 5
    assert channel.depth <= 1
    how = "was ended by SIGTERM (terminate() by main at " if way == "terminate" else "ended (exit 0"
    if found is not None:  # main does not wait for them any more
        assert found.message.startswith(f"putter {how}")
        assert found.message.endswith(
            f") before {channel.died} items that had been put into queue at {found.site} were in "
            "the pipe: they will never be received"
        )
        assert found.site == Site(seen.run.launch.script, seen.line("puts"))
    else:
        starved = finding(snapshot, "starved-get")
        assert starved is not None
        assert f"({channel.died} items were lost with " in starved.message
        assert f"putter {how}" in starved.message
    lost = [event for event in snapshot.messages.since(0)[1] if event.op == "lost"]
    assert len(lost) == channel.died


OVERLAPPING = """
from multiprocessing import Event, Pipe, Process

def send(writer, small, begins):
    for _ in range(small):
        writer.send_bytes(bytes(5_000))
    begins.set()
    writer.send_bytes(bytes(1_000_000))

def state(process):
    with open(f"/proc/{process.pid}/stat") as file:
        return file.read().rpartition(")")[2].split()[0]

if __name__ == "__main__":
    reader, writer = Pipe(duplex=False)
    senders = []
    for small in (3_000, 0):
        begins = Event()
        senders.append(Process(target=send, args=(writer, small, begins), name=f"sender-{len(senders)}"))
        senders[-1].start()
        for _ in range(small):
            reader.recv_bytes()
        begins.wait()
        while state(senders[-1]) != "S":
            pass
    for sender in senders:
        sender.kill()
    for sender in senders:
        sender.join()
"""


@pytest.mark.parametrize("version", fast_first(reversed(EDGES)))
def test_long_messages_of_processes_that_are_killed_while_they_send_are_found(version: str, see: See) -> None:
    """The first one has sent so many messages before that most of its calls leave no record any more."""
    snapshot = see(version, OVERLAPPING).end()
    found = finding(snapshot, "overlapping-sends")
    assert found is not None
    assert found.message.startswith("sender-0 and sender-1 called send() at the same time")


DISSOLVES = {
    "timeout": """
        def cross(first, second, both):
            with first:
                both.wait()
                if second.acquire(timeout=2):
                    second.release()

        if __name__ == "__main__":
            a, b, both = mp.RLock(), mp.RLock(), mp.Barrier(2)
            children = [mp.Process(target=cross, args=(*locks, both)) for locks in ((a, b), (b, a))]
            for child in children:
                child.start()
            for child in children:
                child.join()
    """,
    "join": """
        def wait(lock):
            lock.acquire()

        if __name__ == "__main__":
            lock = mp.RLock()
            with lock:
                child = mp.Process(target=wait, args=(lock,))
                child.start()
                child.join(2)
            child.join()
    """,
    "gate": """
        def wait(gate):
            gate.acquire()

        def open_it(gate):
            time.sleep(2)
            gate.release()

        if __name__ == "__main__":
            gate = mp.Lock()
            gate.acquire()
            children = [mp.Process(target=target, args=(gate,)) for target in (wait, open_it)]
            for child in children:
                child.start()
            for child in children:
                child.join()
    """,
}


@pytest.mark.skipif(not Path("/proc/self/syscall").exists(), reason="the kernel does not say what a thread waits for")
@pytest.mark.parametrize(
    ("kind", "version"),
    [
        pytest.param(kind, version, marks=() if number % len(EDGES) == place else pytest.mark.slow)
        for number, kind in enumerate(DISSOLVES)
        for place, version in enumerate(EDGES)
    ],
)
def test_a_program_that_continues_by_itself_has_no_deadlock(version: str, kind: str, see: See) -> None:
    seen = see(version, textwrap.dedent(_BEGIN) + textwrap.dedent(DISSOLVES[kind]))
    seen.until(lambda snapshot: any(lock.waiters for lock in snapshot.locks))
    assert [finding for finding in seen.end().findings if finding.severity == "error"] == []


HELD_FOR_RESULTS = """
    import multiprocessing as mp
    import sys
    from concurrent.futures import ProcessPoolExecutor

    def begin(lock):
        global needed
        needed = lock

    def work(number):
        with needed:
            return number

    if __name__ == "__main__":
        lock = mp.Lock()
        if sys.argv[1] == "Pool":
            with mp.Pool(2, begin, (lock,)) as pool, lock:
                pool.map(work, range(4))
        else:
            with ProcessPoolExecutor(2, initializer=begin, initargs=(lock,)) as pool, lock:
                pool.submit(work, 1).result()
"""


@pytest.mark.parametrize("kind", ["Pool", "executor"])
@pytest.mark.parametrize("version", fast_first(reversed(EDGES)))
def test_a_lock_is_held_while_results_are_waited_for(version: str, kind: str, see: See) -> None:
    seen = see(version, HELD_FOR_RESULTS, kind)
    snapshot = seen.until(lambda snapshot: finding(snapshot, "deadlock"))
    (found,) = (finding for finding in snapshot.findings if finding.severity == "error")
    clauses = sorted(found.message.split("; "), key=lambda clause: not clause.startswith("main "))
    assert re.fullmatch(
        r"main waits to have a result of \w+ \(\S+:\d+\), for which (\S+) has a task; "
        r"\1 waits to acquire \w+ \(\S+:\d+\), which main holds since \S+:\d+",
        "; ".join(clauses),
    ), "the cycle may be told from any of its members on"
