"""Programs that hang: attaching names the cause, as observing them from the start would."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from rockproc.observer.run.attached import AttachedRun

from tests.probe.conftest import spread

from .conftest import Start, look_until, rules


class Hanging(NamedTuple):
    source: str
    rule: str
    words: str
    """The words that the message of the finding must contain."""
    processes: int
    """The least number of processes that wait, including the main one."""


DEADLOCK = Hanging(
    """
    def worker(first, second, here, there):
        with first:
            here.set()
            there.wait()
            with second:
                pass

    if __name__ == "__main__":
        mp.set_start_method(sys.argv[1])
        left, right, one, two = mp.Lock(), mp.Lock(), mp.Event(), mp.Event()
        for arguments in (left, right, one, two), (right, left, two, one):
            mp.Process(target=worker, args=arguments).start()
        for child in mp.active_children():
            child.join()
    """,
    "deadlock",
    "which Process-2 holds",
    3,
)
PROGRAMS = {
    "deadlock": DEADLOCK,
    "a lock that it holds itself": Hanging(
        """
        def worker(guard):
            with guard:
                guard.acquire()

        if __name__ == "__main__":
            mp.set_start_method(sys.argv[1])
            guard = mp.Lock()
            child = mp.Process(target=worker, args=(guard,))
            child.start()
            child.join()
        """,
        "deadlock",
        "Process-1 waits for guard",
        2,
    ),
    "join before get": Hanging(
        """
        def worker(results):
            results.put("x" * 200_000)

        if __name__ == "__main__":
            mp.set_start_method(sys.argv[1])
            results = mp.Queue()
            child = mp.Process(target=worker, args=(results,))
            child.start()
            child.join()
        """,
        "join-before-get",
        "and Process-1 cannot",
        2,
    ),
    "dead holder": Hanging(
        """
        def dies(guard):
            guard.acquire()
            os.kill(os.getpid(), signal.SIGKILL)

        def waits(guard):
            with guard:
                pass

        if __name__ == "__main__":
            mp.set_start_method(sys.argv[1])
            guard = mp.Lock()
            first = mp.Process(target=dies, args=(guard,))
            first.start()
            first.join()
            second = mp.Process(target=waits, args=(guard,))
            second.start()
            second.join()
        """,
        "holder-died",
        ", SIGKILL) ended while it held guard; Process-2 will wait forever",
        2,
    ),
    "both send": Hanging(
        """
        def worker(there):
            there.send(bytes(1_000_000))

        if __name__ == "__main__":
            mp.set_start_method(sys.argv[1])
            here, there = mp.Pipe()
            child = mp.Process(target=worker, args=(there,))
            child.start()
            here.send(bytes(1_000_000))
        """,
        "pipe-full",
        "is full, and no process can get from it any more",
        2,
    ),
    "a Condition that nobody notifies": Hanging(
        """
        def worker(changed):
            with changed:
                changed.wait()

        if __name__ == "__main__":
            mp.set_start_method(sys.argv[1])
            changed = mp.Condition()
            child = mp.Process(target=worker, args=(changed,))
            child.start()
            child.join()
        """,
        "never-notified",
        "and no process can call notify() any more",
        2,
    ),
    "a Barrier that one does not reach": Hanging(
        """
        def worker(meeting):
            meeting.wait()

        if __name__ == "__main__":
            mp.set_start_method(sys.argv[1])
            meeting = mp.Barrier(3)
            children = [mp.Process(target=worker, args=(meeting,)) for _ in range(2)]
            for child in children:
                child.start()
            for child in children:
                child.join()
        """,
        "barrier-short",
        "where 2 of 3 parties have arrived",
        3,
    ),
    "a full Queue": Hanging(
        """
        def worker(small):
            for number in range(10):
                small.put(number)

        if __name__ == "__main__":
            mp.set_start_method(sys.argv[1])
            small = mp.Queue(2)
            child = mp.Process(target=worker, args=(small,))
            child.start()
            child.join()
        """,
        "pipe-full",
        "small is full",
        2,
    ),
    "an end of a Pipe that was not closed": Hanging(
        """
        def worker(there):
            there.send(1)

        if __name__ == "__main__":
            mp.set_start_method(sys.argv[1])
            here, there = mp.Pipe()
            mp.Process(target=worker, args=(there,)).start()
            while True:
                here.recv()
        """,
        "no-eof",
        "MainProcess still has there open",
        1,
    ),
    "task_done() that is missing": Hanging(
        """
        def worker(tasks):
            tasks.get()

        if __name__ == "__main__":
            mp.set_start_method(sys.argv[1])
            tasks = mp.JoinableQueue()
            child = mp.Process(target=worker, args=(tasks,))
            child.start()
            tasks.put(1)
            tasks.join()
        """,
        "tasks-not-done",
        "MainProcess waits in tasks.join()",
        1,
    ),
    "a reader that was killed": Hanging(
        """
        def reader(tasks, begun):
            begun.set()
            tasks.get()

        if __name__ == "__main__":
            mp.set_start_method(sys.argv[1])
            tasks, begun = mp.Queue(), mp.Event()
            first = mp.Process(target=reader, args=(tasks, begun))
            first.start()
            begun.wait()
            time.sleep(0.5)
            first.kill()
            first.join()
            second = mp.Process(target=reader, args=(tasks, begun))
            second.start()
            second.join()
        """,
        "holder-died",
        "A process that is gone (perhaps Process-1, pid ",
        2,
    ),
    "a worker of a Pool that was killed": Hanging(
        """
        def square(number):
            if number == 3:
                os.kill(os.getpid(), signal.SIGKILL)
            return number * number

        if __name__ == "__main__":
            mp.set_start_method(sys.argv[1])
            pool = mp.Pool(2)
            pool.map(square, range(6), chunksize=1)
        """,
        "result-never-comes",
        "MainProcess waits for a result of pool",
        2,
    ),
    "permits that ended processes have taken": Hanging(
        """
        def takes(permits):
            permits.acquire()

        if __name__ == "__main__":
            mp.set_start_method(sys.argv[1])
            permits = mp.BoundedSemaphore(2)
            children = [mp.Process(target=takes, args=(permits,)) for _ in range(3)]
            for child in children:
                child.start()
            for child in children:
                child.join()
        """,
        "permits-lost",
        "in permits.acquire()",
        2,
    ),
    "a waiter that was killed": Hanging(
        """
        def waits(go, begun):
            begun.set()
            go.wait()

        if __name__ == "__main__":
            mp.set_start_method(sys.argv[1])
            go, begun = mp.Event(), mp.Event()
            child = mp.Process(target=waits, args=(go, begun))
            child.start()
            begun.wait()
            time.sleep(0.5)
            child.kill()
            child.join()
            go.set()
        """,
        "waiter-died",
        ", SIGKILL) ended inside wait()",
        1,
    ),
    "a lock of threading that was held at a fork": Hanging(
        """
        def holds():
            while True:
                with guard:
                    time.sleep(0.2)

        def waits():
            with guard:
                pass

        guard = threading.RLock()
        if __name__ == "__main__":
            threading.Thread(target=holds, daemon=True).start()
            time.sleep(0.1)
            child = mp.get_context("fork").Process(target=waits)
            child.start()
            child.join()
        """,
        "thread-lock",
        "was forked while MainProcess had other threads",
        1,
    ),
    "a get in a thread of an event loop": Hanging(
        """
        import asyncio

        def produces(events):
            events.put(1)

        async def main(events):
            while True:
                await asyncio.get_running_loop().run_in_executor(None, events.get)

        if __name__ == "__main__":
            mp.set_start_method(sys.argv[1])
            events = mp.Queue()
            child = mp.Process(target=produces, args=(events,))
            child.start()
            asyncio.run(main(events))
        """,
        "starved-get",
        "a thread of MainProcess waits in events.get()",
        1,
    ),
    "a data loader with a worker that waits forever": Hanging(
        """
        import queue

        def loads(indices, batches):
            while True:
                try:
                    number = indices.get(timeout=5)
                except queue.Empty:
                    continue
                if number == 1:
                    never = mp.Event()
                    never.wait()
                batches.put((number, [0] * 1000))

        def pins(batches, pinned):
            while True:
                try:
                    pinned.put(batches.get(timeout=5))
                except queue.Empty:
                    continue

        if __name__ == "__main__":
            mp.set_start_method(sys.argv[1])
            batches, pinned = mp.Queue(), queue.Queue()
            indices = [mp.Queue() for _ in range(2)]
            for own in indices:
                mp.Process(target=loads, args=(own, batches), daemon=True).start()
            threading.Thread(target=pins, args=(batches, pinned), daemon=True).start()
            for number in range(4):
                indices[number % 2].put(number)
            for number in range(4):
                while True:
                    try:
                        pinned.get(timeout=5)
                        break
                    except queue.Empty:
                        pass
            time.sleep(1000)
        """,
        "event-never-set",
        "Process-2 waits in never.wait()",
        1,
    ),
    "a lock that is held while a result is awaited": Hanging(
        """
        from concurrent.futures import ProcessPoolExecutor

        def begins(lock):
            global guard
            guard = lock

        def works(number):
            with guard:
                return number

        if __name__ == "__main__":
            mp.set_start_method(sys.argv[1])
            needed = mp.Lock()
            with ProcessPoolExecutor(2, initializer=begins, initargs=(needed,)) as executor, needed:
                executor.submit(works, 1).result()
        """,
        "deadlock",
        "needed",
        2,
    ),
    "results after the end of their pool": Hanging(
        """
        def resizes(name):
            time.sleep(1)

        if __name__ == "__main__":
            mp.set_start_method(sys.argv[1])
            with mp.Pool(2) as pool:
                pending = [pool.apply_async(resizes, (name,)) for name in "abc"]
            for result in pending:
                result.get()
        """,
        "result-never-comes",
        "pool was terminated before",
        1,
    ),
    "a callback that waits for its own pool": Hanging(
        """
        def square(number):
            return number * number

        def callback(result):
            pool.map(square, result)

        if __name__ == "__main__":
            mp.set_start_method(sys.argv[1])
            pool = mp.Pool(2)
            pool.map_async(square, range(3), callback=callback).wait()
        """,
        "result-never-comes",
        "because it waits inside a callback",
        2,
    ),
    "a command whose output does not fit into its pipe": Hanging(
        """
        import subprocess

        if __name__ == "__main__":
            subprocess.Popen(["head", "-c", "500000", "/dev/zero"], stdout=subprocess.PIPE).wait()
        """,
        "pipe-full",
        "the pipe of stdout is full, and no process can get from it any more: MainProcess waits for head",
        2,
    ),
    "a callback that waits for a lock": Hanging(
        """
        def callback(_):
            with guard:
                pass

        if __name__ == "__main__":
            mp.set_start_method(sys.argv[1])
            guard, pool = mp.Lock(), mp.Pool(2)
            with guard:
                pool.apply(abs, (1,))
                pool.apply_async(abs, (1,), callback=callback).wait()
        """,
        "deadlock",
        "which only a thread of MainProcess can hand over",
        1,
    ),
    "a callback that raised": Hanging(
        """
        def callback(_):
            raise ValueError

        if __name__ == "__main__":
            mp.set_start_method(sys.argv[1])
            pool = mp.Pool(1)  # the results arrive in order
            pool.apply_async(abs, (1,), callback=callback)
            pool.apply(abs, (2,))
        """,
        "result-never-comes",
        "the thread of pool that hands over results has ended",
        1,
    ),
    "as_completed() while a lock is held": Hanging(
        """
        from concurrent.futures import ProcessPoolExecutor, as_completed

        def begins(lock):
            global guard
            guard = lock

        def works(number):
            with guard:
                return number

        if __name__ == "__main__":
            mp.set_start_method(sys.argv[1])
            needed = mp.Lock()
            with ProcessPoolExecutor(2, initializer=begins, initargs=(needed,)) as executor, needed:
                list(as_completed([executor.submit(works, number) for number in range(3)]))
        """,
        "deadlock",
        "MainProcess waits to have a result of executor",
        2,
    ),
    "the end of a Pool whose workers wait": Hanging(
        """
        def begins(event):
            global go
            go = event

        def works(_):
            go.wait()

        if __name__ == "__main__":
            mp.set_start_method(sys.argv[1])
            go = mp.Event()
            pool = mp.Pool(2, begins, (go,))
            pool.map_async(works, range(2))
            pool.close()
            pool.join()
        """,
        "result-never-comes",
        "MainProcess waits for pool.join()",
        2,
    ),
    "children that have processes of their own": Hanging(
        """
        def outer(meeting):
            with mp.Pool(1) as pool:
                pool.apply(abs, (1,))
                meeting.wait()

        if __name__ == "__main__":
            mp.set_start_method(sys.argv[1])
            meeting = mp.Barrier(3)
            children = [mp.Process(target=outer, args=(meeting,)) for _ in range(2)]
            for child in children:
                child.start()
            for child in children:
                child.join()
        """,
        "barrier-short",
        "where 2 of 3 parties have arrived",
        3,
    ),
    "one None too few": Hanging(
        """
        def worker(tasks):
            while tasks.get() is not None:
                pass

        if __name__ == "__main__":
            mp.set_start_method(sys.argv[1])
            tasks = mp.Queue()
            children = [mp.Process(target=worker, args=(tasks,)) for _ in range(3)]
            for child in children:
                child.start()
            tasks.put(None)
            tasks.put(None)
            for child in children:
                child.join()
        """,
        "starved-get",
        "waits in tasks.get()",
        2,
    ),
}


@pytest.mark.early
@pytest.mark.parametrize(("item", "version", "method"), spread(PROGRAMS, every=3))
def test_a_hanging_program_is_explained(item: str, version: str, method: str, start: Start) -> None:
    program = PROGRAMS[item]
    pid = start(program.source, version, method)
    snapshot = look_until(pid, rules)
    assert rules(snapshot) == [program.rule], [finding.message for finding in snapshot.findings]
    assert program.words in next(finding.message for finding in snapshot.findings if finding.rule == program.rule)
    assert sum(bool(process.waits) for process in snapshot.processes) >= program.processes


def test_attaching_accepts_the_pid_of_any_process_of_the_program(start: Start) -> None:
    pid = start(DEADLOCK.source, "3.11")
    snapshot = look_until(pid, rules)
    child = next(process.pid for process in snapshot.processes if process.name == "Process-1")
    assert child is not None
    main = AttachedRun(child).read().main
    assert main is not None
    assert (main.pid, main.role) == (pid, "main")
