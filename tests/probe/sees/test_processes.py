"""The life of a process is followed from its handle to its exit code."""

from __future__ import annotations

import re
import signal

from rockproc.observer.model import Phase, Snapshot, State

from tests.probe.conftest import CURRENT, See
from tests.probe.sees.found import ALL, process

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
        for child in children:
            child.start()
        children[4].terminate()
        children[5].kill()
        for child in children:
            child.join()
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
def test_processes_are_followed_from_handle_to_exit_code(version: str, method: str, see: See) -> None:
    seen = see(version, LIVES, method)
    before = seen.until(lambda _: "forked" in seen.output())
    # A forkserver asks for the exit status of its children, whoever is to join them.
    ended = State.GONE if method == "forkserver" else State.ZOMBIE
    before = seen.until(
        lambda snapshot: (
            ("zombie", ended, 0) in [(process.name, process.state, process.exitcode) for process in snapshot.processes]
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
    assert {name: (process.exitcode, process.signal) for name, process in ends.items()} == {
        "terminated": (-signal.SIGTERM, "SIGTERM"),
        "killed": (-signal.SIGKILL, "SIGKILL"),
    }
    for found in (named, worker, odd, *ends.values()):
        assert found.state is State.JOINED
        assert found.start_method == method
        assert found.created is not None
        assert found.started is not None
        assert found.ended is not None
        assert found.joined is not None
        assert found.created <= found.started <= found.ended <= found.joined
        assert found.parent == process(snapshot, "main").pid
    fork = next(process for process in snapshot.processes if process.role == "fork")
    assert re.search(r"forked (\d+)", seen.output())[1] == str(fork.pid)  # type: ignore[index]
    assert fork.name == "fork of main"
    queue = next(channel for channel in snapshot.channels if channel.kind == "SimpleQueue" and not channel.internal)
    assert (queue.put, queue.got, queue.owner) == (1, 0, fork.key)
    main = process(snapshot, "main")
    assert (main.exitcode, main.role, main.state) == (5, "main", State.JOINED)


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
def test_only_an_ended_process_has_an_exit_code(version: str, method: str, see: See) -> None:
    seen = see(version, FLUSHES, method)
    looks: list[tuple[str, int | None, bool]] = []

    def over(snapshot: Snapshot) -> bool:
        found = next((process for process in snapshot.processes if process.name == "flushes"), None)
        if found is not None and found.state.alive:
            looks.append((found.main_wait.op if found.main_wait else "", found.exitcode, found.ended is not None))
        return found is not None and found.ended is not None

    child = process(seen.until(over), "flushes")
    assert ("flush", None, False) in looks
    assert {look[1:] for look in looks} == {(None, False)}
    assert (child.exitcode, child.phase) == (3, Phase.EXITING)
    seen.end()


HANDLERS = """
    import multiprocessing as mp
    import signal

    def ignore(*_):  # handler
        pass

    def work():
        pass

    if __name__ == "__main__":
        mp.set_start_method("fork")
        signal.signal(signal.SIGTERM, ignore)
        signal.signal(signal.SIGUSR1, ignore)
        signal.signal(signal.SIGUSR1, signal.SIG_DFL)
        child = mp.Process(target=work)
        child.start()
        child.join()
    """


def test_a_forked_child_has_the_handlers_of_its_parent(see: See) -> None:
    seen = see(CURRENT, HANDLERS)
    (handler,) = process(seen.end(), "Process-1").handlers
    assert (handler.signal, handler.function, handler.site and handler.site.line) == (
        "SIGTERM",
        "ignore",
        seen.line("handler"),
    )
