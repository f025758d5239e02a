"""Correct programs that only wait: attaching must find no problem."""

from __future__ import annotations

from multiprocessing.reduction import ForkingPickler
from pathlib import Path

import pytest
from rockproc.observer.model import Snapshot
from rockproc.observer.run.attached import AttachedRun

from tests.observer.conftest import wait_until
from tests.probe.conftest import spread

from .conftest import Start, look_until

PROGRAMS = {
    "callbacks of results that are still to come": """
        from concurrent.futures import ProcessPoolExecutor

        def works(seconds):
            time.sleep(seconds)

        if __name__ == "__main__":
            mp.set_start_method(sys.argv[1])
            ready, done = mp.Event(), mp.Event()
            with mp.Pool(1) as pool, ProcessPoolExecutor(1) as executor:
                pool.apply_async(works, (1000,), callback=lambda _: ready.set())
                executor.submit(works, 1000).add_done_callback(lambda _: done.set())
                children = [mp.Process(target=event.wait) for event in (ready, done)]
                for child in children:
                    child.start()
                for child in children:
                    child.join()
        """,
    "a thread that calls what it is given": """
        def waits(done):
            done.wait()

        def calls_later(handlers):
            time.sleep(1000)
            for handler in handlers:
                handler()

        if __name__ == "__main__":
            mp.set_start_method(sys.argv[1])
            done = mp.Event()
            threading.Thread(target=calls_later, args=({"set": done.set}.values(),), daemon=True).start()
            child = mp.Process(target=waits, args=(done,))
            child.start()
            child.join()
        """,
    "a holder that sleeps": """
        def sleeps(guard, held):
            with guard:
                held.set()
                time.sleep(1000)

        if __name__ == "__main__":
            mp.set_start_method(sys.argv[1])
            guard, held = mp.Lock(), mp.Event()
            mp.Process(target=sleeps, args=(guard, held), daemon=True).start()
            held.wait()
            guard.acquire()
        """,
    "a get with a time-out": """
        def waits(tasks):
            tasks.get(timeout=1000)

        if __name__ == "__main__":
            mp.set_start_method(sys.argv[1])
            tasks = mp.Queue()
            child = mp.Process(target=waits, args=(tasks,))
            child.start()
            child.join()
        """,
    "a server that waits for standard input's sibling": """
        def waits(reading):
            os.read(reading, 1)

        if __name__ == "__main__":
            mp.set_start_method(sys.argv[1])
            import socket
            listener = socket.socket()
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            listener.accept()
        """,
    "a lock that is used as a signal": """
        def worker(turn):
            turn.release()
            time.sleep(1000)
            turn.release()

        if __name__ == "__main__":
            mp.set_start_method(sys.argv[1])
            turn = mp.Lock()
            turn.acquire()
            mp.Process(target=worker, args=(turn,), daemon=True).start()
            turn.acquire()
            turn.acquire()
        """,
    "a thread, a handler, a gate and a daemon": """
        def waits(done):
            done.wait()

        def passes(gate):
            gate.acquire()

        def opens(gate):
            time.sleep(1000)
            gate.release()

        def receives(reader):
            reader.recv()

        def sends(writer):
            if os.fork() == 0:
                os.setsid()
                time.sleep(1000)
                writer.send(1)
            os._exit(0)

        if __name__ == "__main__":
            mp.set_start_method(sys.argv[1])
            done, over, gate = mp.Event(), mp.Event(), mp.Lock()
            gate.acquire()
            signal.signal(signal.SIGTERM, lambda *_: over.set())
            threading.Timer(1000, done.set).start()
            reader, writer = mp.Pipe(duplex=False)
            daemon = mp.Process(target=sends, args=(writer,))
            daemon.start()
            daemon.join()
            writer.close()
            given = (waits, done), (waits, over), (passes, gate), (opens, gate), (receives, reader)
            children = [mp.Process(target=function, args=(thing,), daemon=True) for function, thing in given]
            for child in children:
                child.start()
            children[0].join()
        """,
    "a child that has not read its arguments yet": """
        if __name__ == "__mp_main__":
            time.sleep(1000)

        def sets(begun):
            time.sleep(1000)
            begun.set()

        if __name__ == "__main__":
            mp.set_start_method(sys.argv[1])
            begun = mp.Event()
            mp.Process(target=sets, args=(begun,), daemon=True).start()
            begun.wait()
        """,
    "a call of a manager that takes its time": """
        from multiprocessing.managers import BaseManager

        class Slow:
            def sleep(self):
                time.sleep(1000)

        class Manager(BaseManager):
            pass

        Manager.register("Slow", Slow)

        if __name__ == "__main__":
            mp.set_start_method(sys.argv[1])
            manager = Manager()
            manager.start()
            manager.Slow().sleep()
        """,
    "an event loop that reads from a Pipe": """
        import asyncio

        def sleeps(there):
            time.sleep(1000)
            there.send(1)

        def gets(tasks):
            tasks.get()

        async def main(here):
            asyncio.get_running_loop().add_reader(here.fileno(), here.recv)
            await asyncio.Event().wait()

        if __name__ == "__main__":
            mp.set_start_method(sys.argv[1])
            here, there = mp.Pipe()
            tasks = mp.Queue()
            mp.Process(target=sleeps, args=(there,), daemon=True).start()
            mp.Process(target=gets, args=(tasks,), daemon=True).start()
            asyncio.run(main(here))
        """,
    "a Pool whose result is unpickled slowly": """
        class Slow:
            def __reduce__(self):
                return time.sleep, (1000,)

        def work(_):
            return Slow()

        if __name__ == "__main__":
            mp.set_start_method(sys.argv[1])
            pool = mp.Pool(2)
            pool.apply(work, (1,))
        """,
    "a Pool whose callback takes its time": """
        def callback(_):
            time.sleep(1000)

        if __name__ == "__main__":
            mp.set_start_method(sys.argv[1])
            pool = mp.Pool(2)
            pool.apply_async(abs, (1,), callback=callback)
            pool.close()
            pool.join()
        """,
    "a result of threads beside a lost task of a Pool": """
        from concurrent.futures import ThreadPoolExecutor

        def dies():
            os.kill(os.getpid(), signal.SIGKILL)

        if __name__ == "__main__":
            mp.set_start_method(sys.argv[1])
            pool = mp.Pool(1)
            pool.apply_async(dies)
            threads = ThreadPoolExecutor(1)
            threads.submit(time.sleep, 1000).result()
        """,
    "an imap() whose items come slowly": """
        def items():
            yield 1
            time.sleep(1000)
            yield 2

        if __name__ == "__main__":
            mp.set_start_method(sys.argv[1])
            with mp.Pool(2) as pool:
                for _ in pool.imap(abs, items()):
                    pass
        """,
    "a Pool whose task is pickled slowly": """
        class Slow:
            def __reduce__(self):
                time.sleep(1000)

        if __name__ == "__main__":
            mp.set_start_method(sys.argv[1])
            with mp.Pool(2) as pool:
                pool.apply(repr, (Slow(),))
        """,
    "a Pool of another library": """
        class Pool:
            def __init__(self):
                self._inqueue = self._outqueue = mp.SimpleQueue()
                self._cache, self._state, self._pool = {}, "RUN", []

        class Result:
            def __init__(self, pool):
                self._cache = pool._cache
                pool._cache[1] = self

        if __name__ == "__main__":
            mp.set_start_method(sys.argv[1])
            from multiprocessing.pool import ApplyResult
            pool = Pool()
            result = Result(pool)
            result._event = threading.Event()
            pool._pool = [mp.Process(target=time.sleep, args=(1000,))]
            pool._pool[0].start()
            ApplyResult.wait(result)
        """,
    "an executor that was shut down before its last results": """
        from concurrent.futures import ProcessPoolExecutor

        if __name__ == "__main__":
            mp.set_start_method(sys.argv[1])
            executor = ProcessPoolExecutor(1)
            slow = executor.submit(time.sleep, 1000)
            if sys.version_info >= (3, 9):  # earlier, its thread may end with an OSError (bpo-39104)
                executor.shutdown(wait=False)
            slow.result()
        """,
    "an idle pool": """
        def square(number):
            return number * number

        if __name__ == "__main__":
            mp.set_start_method(sys.argv[1])
            with mp.Pool(2) as pool:
                pool.map(square, range(4))
                time.sleep(1000)
        """,
    "a data loader whose workers are idle": """
        import queue

        def loads(indices, batches):
            while True:
                try:
                    number = indices.get(timeout=5)
                except queue.Empty:
                    continue
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
}


def settled(snapshot: Snapshot) -> bool:
    """Return whether every process has reached its final wait."""
    main = snapshot.main
    return main is not None and main.timed is not None and all(process.line or process.waits for process in (main,))


@pytest.mark.parametrize(("item", "version", "method"), spread(PROGRAMS, every=3))
def test_a_correct_program_has_no_finding(item: str, version: str, method: str, start: Start) -> None:
    pid = start(PROGRAMS[item], version, method)
    look_until(pid, settled)
    run = AttachedRun(pid)
    for _ in range(3):
        snapshot = run.read_verdict()
        assert [finding.message for finding in snapshot.findings if finding.severity == "error"] == []
    run.stop()


def test_the_bytes_in_a_pipe_are_known_and_stay_there(start: Start, tmp_path: Path) -> None:
    source = """
    def reads(tasks, empty):
        empty.get()
        print(tasks.get(), flush=True)

    if __name__ == "__main__":
        tasks, empty = mp.Queue(), mp.Queue()
        mp.Process(target=reads, args=(tasks, empty)).start()
        tasks.put("text")
        while not os.path.exists("stop"):
            time.sleep(0.01)
        empty.put(None)
    """
    pid = start(source, "3.11")

    def levels(snapshot: Snapshot) -> dict[str, int | None]:
        return {channel.name: channel.pipe_bytes for channel in snapshot.channels}

    # A message is its length, in four bytes, and its pickle.
    size = 4 + len(ForkingPickler.dumps("text"))
    found = look_until(pid, lambda snapshot: levels(snapshot) == {"tasks": size, "empty": 0})
    assert {channel.pipe_capacity for channel in found.channels} == {1 << 16}
    (tmp_path / "stop").touch()
    wait_until(lambda: (tmp_path / "output").read_text() == "text\n")
