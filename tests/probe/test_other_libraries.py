"""Programs that use other libraries, or run under limits, give the same output and exit status as without the probe.

The libraries are installed from the package index into a folder of the test session, or taken from the folder that
ROCKPROC_LIBRARIES names.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.probe.conftest import CURRENT, Outcome, Ways, python

LIBRARIES = ("gevent", "eventlet", "uvloop", "setproctitle", "dill", "cloudpickle")

LIMITED = """
    import resource
    from multiprocessing import Lock, Pool, Process, Queue, Value
    resource.setrlimit(resource.{name}, ({value}, resource.getrlimit(resource.{name})[1]))
    def work(queue, value):
        for number in range(200):
            with value.get_lock():
                value.value += 1
            queue.put(number)
    def square(number):
        return number * number
    if __name__ == "__main__":
        queue, value = Queue(), Value("i", 0)
        try:
            children = [Process(target=work, args=(queue, value)) for _ in range(3)]
            for child in children:
                child.start()
            print(sum(queue.get() for _ in range(600)))
            for child in children:
                child.join()
            print(value.value, [child.exitcode for child in children])
            with Pool(2) as pool:
                print(sum(pool.map(square, range(100))))
        except (OSError, MemoryError) as error:
            print(type(error).__name__)
    """

PROGRAMS = {
    "gevent": """
        from gevent import monkey
        monkey.patch_all()
        import gevent
        from multiprocessing import Process, Queue
        def work(queue, number):
            jobs = [gevent.spawn(lambda n: n * number, each) for each in range(10)]
            gevent.joinall(jobs)
            queue.put(sum(job.value for job in jobs))
        if __name__ == "__main__":
            queue = Queue()
            children = [Process(target=work, args=(queue, number)) for number in range(4)]
            for child in children:
                child.start()
            print(sorted(queue.get() for _ in children))
            for child in children:
                child.join()
            print([child.exitcode for child in children])
        """,
    "eventlet": """
        import warnings
        warnings.simplefilter("ignore")
        import eventlet
        eventlet.monkey_patch(thread=False)
        from multiprocessing import Pipe, Process
        def work(end, number):
            pool = eventlet.GreenPool()
            end.send(sum(pool.imap(lambda each: each * number, range(10))))
        if __name__ == "__main__":
            ends = [Pipe() for _ in range(3)]
            children = [Process(target=work, args=(end[1], number)) for number, end in enumerate(ends)]
            for child in children:
                child.start()
            print([end[0].recv() for end in ends])
            for child in children:
                child.join()
            print([child.exitcode for child in children])
        """,
    "uvloop": """
        import asyncio, uvloop
        from concurrent.futures import ProcessPoolExecutor
        def square(number):
            return number * number
        async def main():
            loop = asyncio.get_running_loop()
            print(type(loop).__module__)
            with ProcessPoolExecutor(2) as pool:
                print(await asyncio.gather(*(loop.run_in_executor(pool, square, each) for each in range(20))))
            process = await asyncio.create_subprocess_exec("echo", "hello", stdout=asyncio.subprocess.PIPE)
            print((await process.communicate())[0], process.returncode)
        if __name__ == "__main__":
            uvloop.run(main())
        """,
    "setproctitle": """
        import multiprocessing, setproctitle
        def work(number):
            setproctitle.setproctitle(f"worker number {number}")
            with open("/proc/self/cmdline") as line:
                return line.read().strip("\\0"), setproctitle.getproctitle()
        if __name__ == "__main__":
            setproctitle.setproctitle("the main one")
            with multiprocessing.Pool(1) as pool:
                print(pool.map(work, range(3)))
            with open("/proc/self/cmdline") as line:
                print(line.read().strip("\\0"))
        """,
    "dill": """
        import dill, multiprocessing
        def call(data):
            return dill.loads(data)(7)
        if __name__ == "__main__":
            outer = 5
            with multiprocessing.Pool(2) as pool:
                print(pool.map(call, [dill.dumps(lambda n, k=k: n * k + outer, recurse=True) for k in range(5)]))
            class Local:
                def __reduce__(self):
                    return (int, ("42",))
            queue = multiprocessing.Queue()
            queue.put(Local())
            print(queue.get())
        """,
    "cloudpickle": """
        import cloudpickle, pickle
        from concurrent.futures import ProcessPoolExecutor
        def call(data):
            return pickle.loads(data)(7)
        if __name__ == "__main__":
            with ProcessPoolExecutor(2) as pool:
                print(list(pool.map(call, [cloudpickle.dumps(lambda n, k=k: n * k) for k in range(5)])))
        """,
    "faulthandler": """
        import faulthandler, multiprocessing, sys, threading, time
        def work(queue, ready):
            faulthandler.enable(sys.stdout)
            thread = threading.Thread(target=queue.get, daemon=True)
            thread.start()
            time.sleep(0.3)
            faulthandler.dump_traceback(sys.stdout, all_threads=True)
            sys.stdout.flush()
            ready.put(1)
            queue.put(1)
            thread.join()
        if __name__ == "__main__":
            queue, ready = multiprocessing.Queue(), multiprocessing.Queue()
            child = multiprocessing.Process(target=work, args=(queue, ready))
            child.start()
            ready.get()
            child.join()
            print(child.exitcode)
        """,
    "tracemalloc": """
        import tracemalloc
        tracemalloc.start(10)
        import multiprocessing
        def work(queue):
            for number in range(100):
                queue.put([number] * 10)
        if __name__ == "__main__":
            queue = multiprocessing.Queue()
            child = multiprocessing.Process(target=work, args=(queue,))
            child.start()
            kept = [queue.get() for _ in range(100)]
            child.join()
            files = {frame.filename for trace in tracemalloc.take_snapshot().traces for frame in trace.traceback}
            # What the probe allocates is there, under names that are no files.
            ours = [each for each in files if "rockproc" in each or "sitecustomize" in each]
            print(sorted(each for each in ours if not each.startswith("<frozen ")), len(kept))
        """,
    "open files": LIMITED.format(name="RLIMIT_NOFILE", value=40),
    "memory": LIMITED.format(name="RLIMIT_AS", value=400 << 20),
    "file size": LIMITED.format(name="RLIMIT_FSIZE", value=1 << 20),
    "stack": LIMITED.format(name="RLIMIT_STACK", value=1 << 20),
    "processes": LIMITED.format(name="RLIMIT_NPROC", value=400),
    "core": LIMITED.format(name="RLIMIT_CORE", value=0),
}
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def libraries(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the libraries, for the current interpreter."""
    if known := os.environ.get("ROCKPROC_LIBRARIES"):
        return Path(known)
    folder = tmp_path_factory.mktemp("libraries")
    words = [python(CURRENT), "-m", "pip", "install", "--quiet", "--target", str(folder), *LIBRARIES]
    if subprocess.run(words, check=False, capture_output=True).returncode:
        pytest.skip("the libraries cannot be installed here")
    return folder


@pytest.fixture
def ways(run: Ways, libraries: Path) -> Ways:
    run.environment["PYTHONPATH"] = str(libraries)
    return run


def _comparable(outcome: Outcome) -> tuple[str, str, int]:
    """Return an outcome without the numbers of threads."""
    stdout, stderr = (re.sub(r"0x[0-9a-f]+", "0x", text) for text in (outcome.stdout, outcome.stderr))
    return stdout, stderr, outcome.status


@pytest.mark.parametrize("name", PROGRAMS)
def test_libraries_behave_as_without_the_probe(name: str, ways: Ways) -> None:
    ways.write(PROGRAMS[name])
    bare = ways.bare(CURRENT, "program.py")
    observed = ways.observed(CURRENT, "program.py")
    assert _comparable(observed) == _comparable(bare)
    if name in ("open files", "memory", "file size"):
        return  # which of the processes has room for a journal depends on the limit
    assert bare.status == 0, bare.stderr
    assert observed.report is not None
    assert observed.report["coverage"]["observed"] >= 1
