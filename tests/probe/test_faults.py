"""An error inside the probe is counted and reported, and the program does not notice it."""

from __future__ import annotations

import contextlib
import functools
import gc
import shutil
import signal
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest
from rockproc.probe import journal

from tests.parameters import fast_first
from tests.probe.conftest import CURRENT, EDGES, PROBE, Ways, every_version, spread

PROGRAM = """
    import multiprocessing as mp
    import sys

    def work(queue, full, jobs, lock, again, places, changed, event, number, array, pipe):
        for _ in range(3):
            with lock:
                number.value += 1
            lock.acquire()
            print(lock.acquire(False), lock.acquire(timeout=0.01))
            lock.release()
            with again, again:
                array[1] += 2
            with places:
                full.put(1)
                try:
                    full.put(2, timeout=0.01)
                except Exception as error:
                    print(type(error).__name__)
                full.get()
        with changed:
            print(changed.wait(0.01))
            changed.notify_all()
        event.set()
        print(event.is_set(), event.wait(), array[:])
        jobs.put(queue.get())
        jobs.get()
        jobs.task_done()
        jobs.join()
        print(pipe.poll(5), pipe.recv())
        pipe.send("answer")
        simple = mp.SimpleQueue()
        simple.put(5)
        print(simple.get())
        sys.stdout.flush()

    class Worker(mp.Process):
        def run(self):
            raise SystemExit(3)

    if __name__ == "__main__":
        mp.set_start_method(sys.argv[1])
        queue, full, jobs = mp.Queue(), mp.Queue(1), mp.JoinableQueue()
        lock, again, places, changed, event = mp.Lock(), mp.RLock(), mp.Semaphore(2), mp.Condition(), mp.Event()
        number, array, (left, right) = mp.Value("i", 0), mp.Array("i", 3), mp.Pipe()
        objects = queue, full, jobs, lock, again, places, changed, event, number, array, right
        child = mp.Process(target=work, args=objects)
        child.start()
        queue.put("item")
        left.send("question")
        answer = left.recv()
        event.wait()
        child.join()
        print(answer)
        print(child.exitcode, number.value, queue.empty(), mp.Barrier(1).wait())
        try:
            lock.release()
        except ValueError as error:
            print(error)
        gone = mp.SimpleQueue()
        gone.put(1)
        gone.get()
        del gone
        worker = Worker()
        worker.start()
        worker.join(10)
        print(worker.exitcode)
        worker.terminate()
"""


@pytest.fixture
def probe(tmp_path: Path) -> Path:
    """A copy of the probe that tests can break."""
    return Path(shutil.copytree(PROBE, tmp_path / "broken", ignore=shutil.ignore_patterns("__pycache__")))


def broken(probe: Path, file: str, line: str, fault: str) -> None:
    """Insert a fault after a line of the probe."""
    path = probe / file
    text = path.read_text()
    assert line in text
    indent = " " * (len(line) - len(line.lstrip()) + 4 * line.endswith(":"))
    path.write_text(text.replace(line, f"{line}\n{indent}{fault}", 1))


TAPS = {
    "journal.write": ("journal.py", "    token = 0"),
    "journal.operation": (
        "journal.py",
        '    """Write the record of an operation for which `affordable` returned True."""',
    ),
    "affordable": ("journal.py", "    global _budget, _refill"),
    "cell": ("cells.py", "        thread = get_ident()"),
    "new_view": ("cells.py", "    size = layout.CELL.size"),
    "leave": ("cells.py", "    for slot in slots:"),
    "enter": ("cells.py", "        view[OP_WORD] = op"),
    "here": ("sites.py", "def _lines(frame, passed_over):"),
    "learn": ("sites.py", '    """Assign a number to a source file, and record it once."""'),
    "lock made": ("taps/synchronize.py", "    tap.raw = lock._semlock.acquire"),
    "lock taken": (
        "taps/synchronize.py",
        "def record_acquisition(tap, view, number, moment, site, waited=0, may_give_up=False):",
    ),
    "event": (
        "taps/synchronize.py",
        '    """The tap of an Event. It hangs on its flag: an Event itself is pickled with all that it holds."""',
    ),
    "queue made": ("taps/queues.py", "def made(queue):"),
    "value made": ("taps/sharedctypes.py", "def _type_name(kind):"),
    "connection": ("taps/connection.py", "def inode(connection):"),
    "process": ("taps/process.py", "def key(process):"),
    "reaped": ("taps/popen_fork.py", "        if code is not None and popen not in _reaped:"),
}


@pytest.mark.parametrize(("where", "version", "method"), spread(TAPS, every=4))
def test_a_fault_of_the_probe_does_not_reach_the_program(
    where: str, version: str, method: str, run: Ways, probe: Path
) -> None:
    program = str(run.write(PROGRAM))
    broken(probe, *TAPS[where], "raise ZeroDivisionError('broken')")
    bare, observed = run.bare(version, program, method), run.observed(version, program, method, probe=probe)
    assert (observed.stdout, observed.stderr, observed.status) == (bare.stdout, bare.stderr, bare.status)
    assert observed.report is not None
    if where != "learn" and where != "journal.write":  # no record says whose journal it is
        assert any("ZeroDivisionError: broken" in fault for fault in observed.report["faults"])
        own = [finding for finding in observed.report["findings"] if finding["rule"] == "internal-error"]
        assert len(own) == 1
        assert "ZeroDivisionError: broken" in own[0]["message"]


UNLOADABLE = [
    ("taps/queues.py", "raise ZeroDivisionError"),
    ("taps/connection.py", "WEAVES = {'Connection.nothing': Weave(before='tap.sending(self)')}"),
    ("compiling.py", "raise ZeroDivisionError"),
    ("journal.py", "syntax error"),
    ("boot.py", "raise ZeroDivisionError"),
    ("taps/synchronize.py", "syntax error"),
    ("layout.py", "raise SystemError"),
]


@pytest.mark.parametrize(("file", "text"), fast_first(UNLOADABLE, 4))
def test_a_part_of_the_probe_that_cannot_be_loaded_is_left_out(file: str, text: str, run: Ways, probe: Path) -> None:
    """After an update of Python some taps may not fit: their objects are not observed, and the program continues."""
    program = str(run.write(PROGRAM))
    with (probe / file).open("a") as source:
        source.write(f"\n{text}\n")
    run.environment["XDG_CACHE_HOME"] = str(run.temporary / "cache")
    bare, observed = run.bare(CURRENT, program, "spawn"), run.observed(CURRENT, program, "spawn", probe=probe)
    assert (observed.stdout, observed.stderr, observed.status) == (bare.stdout, bare.stderr, bare.status)
    assert observed.report is not None
    rules = {finding["rule"] for finding in observed.report["findings"]}
    assert ("failed-tap" if file.startswith("taps/") else "internal-error") in rules
    assert ("not-observed" in rules) == (file in ("boot.py", "journal.py", "layout.py"))


def test_a_process_whose_init_was_never_called_is_no_fault(run: Ways) -> None:
    program = str(
        run.write("""
        import multiprocessing as mp

        class Worker(mp.Process):
            def __init__(self, number):
                self.number = number

        if __name__ == "__main__":
            for name in ("start", "join", "is_alive", "terminate", "exitcode"):
                try:
                    getattr(Worker(1), name)()
                except AttributeError as error:
                    print(error)
    """)
    )
    bare, observed = run.bare(CURRENT, program), run.observed(CURRENT, program)
    assert (observed.stdout, observed.stderr, observed.status) == (bare.stdout, bare.stderr, bare.status)
    assert observed.report is not None
    assert observed.report["faults"] == []


def test_a_class_that_looks_like_a_process_is_no_fault(run: Ways) -> None:
    """CPython's own tests make a Pool of such objects (test_release_unused_processes)."""
    program = str(
        run.write("""
        import multiprocessing.pool
        import unittest.mock

        class Worker:
            exitcode = None

            def __init__(self, **_):
                self.name = "a worker"

            def start(self):
                raise OSError("not today")

            def terminate(self):
                pass

            join = is_alive = terminate

        if __name__ == "__main__":
            started = unittest.mock.patch.object(Worker, "start", side_effect=[None, OSError("not today")])
            try:
                with started:
                    multiprocessing.pool.Pool(2, context=unittest.mock.MagicMock(Process=Worker))
            except OSError as error:
                print(error)
    """)
    )
    bare, observed = run.bare(CURRENT, program), run.observed(CURRENT, program)
    assert (observed.stdout, observed.stderr, observed.status) == (bare.stdout, bare.stderr, bare.status)
    assert observed.report is not None
    assert observed.report["faults"] == []


def test_a_manager_that_speaks_xmlrpc_is_observed(run: Ways) -> None:
    program = str(
        run.write("""
        from multiprocessing.managers import BaseManager

        class Manager(BaseManager):
            pass

        Manager.register("numbers", list)

        if __name__ == "__main__":
            with Manager(serializer="xmlrpclib") as manager:
                numbers = manager.numbers()
                numbers.append(4)
                print(numbers.pop())
    """)
    )
    bare, observed = run.bare(CURRENT, program), run.observed(CURRENT, program)
    assert (observed.stdout, observed.stderr, observed.status) == (bare.stdout, bare.stderr, bare.status)
    assert observed.report is not None
    assert observed.report["faults"] == []


def test_attributes_of_the_program_may_raise(run: Ways) -> None:
    """The probe reads attributes of the target, whose code must not affect the program."""
    program = str(
        run.write("""
        import multiprocessing as mp

        class Target:
            def __getattr__(self, name):
                raise RuntimeError(name)

            def __call__(self, *args, **kwargs):
                print("called", flush=True)

            def __repr__(self):
                raise RuntimeError("repr")

            __str__ = __repr__

        if __name__ == "__main__":
            mp.set_start_method("fork")
            child = mp.Process(target=Target(), args=(Target(),), kwargs={"x": Target()})
            child.start()
            child.join()
            print(child.exitcode)
    """)
    )
    bare, observed = run.bare(CURRENT, program), run.observed(CURRENT, program)
    assert (observed.stdout, observed.stderr, observed.status) == (bare.stdout, bare.stderr, bare.status)
    assert observed.report is not None
    assert observed.report["faults"] == []
    assert [process["target"] for process in observed.report["processes"][1:]] == ["Target"]


@pytest.mark.parametrize("version", every_version(EDGES[0], EDGES[-1]))
def test_ctrl_c_during_the_first_release_of_a_child(version: str, run: Ways, probe: Path) -> None:
    """The child inherits the lock while it is held, and the probe begins to count its releases there."""
    program = str(
        run.write("""
        import multiprocessing as mp
        import os
        import sys
        import traceback

        def with_it():
            with lock:
                begin()

        def by_name():
            lock.acquire()
            begin()
            lock.release()

        def begin():
            child = os.fork()
            if child:
                print(os.wait()[1] >> 8, lock.acquire(False), flush=True)
            else:
                os.environ["INTERRUPT"] = "1"

        lock = mp.Lock()
        for way in (with_it, by_name):
            try:
                way()
            except KeyboardInterrupt:
                del os.environ["INTERRUPT"]
                trace = sys.exc_info()[2]
                print([frame.name for frame in traceback.extract_tb(trace)], flush=True)
                os._exit(7)
    """)
    )
    broken(probe, *TAPS["new_view"], "if 'INTERRUPT' in os.environ: raise KeyboardInterrupt")
    observed = run.observed(version, program, probe=probe)
    assert observed.stderr == ""
    assert observed.stdout.splitlines() == [
        "['<module>', 'with_it', '__exit__']",
        "7 True",
        "['<module>', 'by_name']",
        "7 True",
    ]


def test_a_removed_session_folder_does_not_disturb_the_program(run: Ways) -> None:
    program = str(
        run.write("""
        import glob
        import multiprocessing as mp
        import os
        import shutil
        import sys

        if __name__ == "__main__":
            mp.set_start_method("fork")
            lock = mp.Lock()
            for path in os.environ.get("FOLDERS", "").split(":"):
                for folder in glob.glob(path):
                    if os.path.exists(folder + "/%d-1" % os.getpid()) or glob.glob(folder + "/%d-*" % os.getpid()):
                        shutil.rmtree(folder)
            objects = [(mp.Lock(), mp.Queue(), mp.Value("i", 3)) for _ in range(200)]
            for one, queue, value in objects:
                with one:
                    value.value += 1
            child = mp.Process(target=print, args=("child",))
            child.start()
            child.join()
            print(child.exitcode, value.value)
    """)
    )
    run.environment["FOLDERS"] = "/dev/shm/rockproc-*:/tmp/rockproc-*"
    bare, observed = run.bare(CURRENT, program), run.observed(CURRENT, program)
    assert (observed.stdout, observed.stderr, observed.status) == (bare.stdout, bare.stderr, bare.status)


def test_a_program_without_free_descriptors_is_unchanged(run: Ways) -> None:
    program = str(
        run.write("""
        import multiprocessing as mp
        import os
        import resource

        def work(lock):
            with lock:
                os.write(1, b"child\\n")

        if __name__ == "__main__":
            mp.set_start_method("fork")
            lock, other = mp.Lock(), mp.Lock()
            child = mp.Process(target=work, args=(lock,))
            files = []
            try:
                while True:
                    files.append(os.open("/dev/null", os.O_RDONLY))
            except OSError:
                pass
            with other:
                pass
            try:
                child.start()
            except OSError as error:
                print(error)
            files = [os.close(file) for file in files[-2:]]  # two are enough for a child, not for a journal
            child.start()
            child.join()
            print(child.exitcode)
    """)
    )
    bare, observed = run.bare(CURRENT, program), run.observed(CURRENT, program)
    assert (observed.stdout, observed.stderr, observed.status) == (bare.stdout, bare.stderr, bare.status)


def test_an_exception_of_a_signal_handler_inside_a_tap_leaves_no_cycle() -> None:
    """Otherwise frames of the program stay alive, and `BytesIO` complains if it is collected before its views."""
    kept: list[weakref.ref[set[int]]] = []

    def handler(_number: int, _frame: object) -> None:
        raise LookupError

    def taps() -> None:
        held = {1}
        kept.append(weakref.ref(held))
        try:
            signal.raise_signal(signal.SIGUSR1)
        except Exception:
            journal.count_fault()

    before = signal.signal(signal.SIGUSR1, handler)
    gc.disable()
    try:
        with contextlib.suppress(LookupError):
            taps()
        assert [item() for item in kept] == [None]
    finally:
        gc.enable()
        signal.signal(signal.SIGUSR1, before)


class Late(Exception):
    """An exception that the program raises at an arbitrary line."""


def by_a_partial() -> None:
    signal.signal(signal.SIGUSR1, functools.partial(raises, "late"))
    signal.raise_signal(signal.SIGUSR1)


def by_a_replaced_handler() -> None:
    def handler(*_: object) -> None:
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)
        raise LookupError

    signal.signal(signal.SIGUSR1, handler)
    signal.raise_signal(signal.SIGUSR1)


def by_another_thread() -> None:
    namespace = {"Late": Late}
    # As if it was raised inside the probe's code: there is no frame of the program.
    exec(compile("raise Late", journal.__file__, "exec"), namespace)


def raises(*_: object) -> None:
    raise LookupError


def tap(way: Callable[[], None]) -> None:
    try:
        way()
    except Exception:
        journal.count_fault()


@pytest.mark.parametrize("way", [by_a_partial, by_a_replaced_handler, by_another_thread])
def test_an_exception_of_the_program_inside_a_tap_is_not_a_fault(way: Callable[[], None]) -> None:
    faults = cast("int", journal.faults)
    before = signal.getsignal(signal.SIGUSR1)
    try:
        with pytest.raises((LookupError, Late)):
            tap(way)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert journal.faults == faults


def test_a_handler_that_raises_as_the_child_begins_ends_it(run: Ways) -> None:
    program = str(
        run.write("""
            import multiprocessing as mp, os, signal, sys

            def ends(*_):
                sys.exit(7)

            if __name__ == "__main__":
                mp.set_start_method("fork")
                child = mp.Process(target=signal.pause)
                signal.signal(signal.SIGTERM, ends)
                for name, module in list(sys.modules.items()):
                    if name.endswith("probe.journal"):
                        begins = module.begin
                        def begin():
                            begins()
                            os.kill(os.getpid(), signal.SIGTERM)
                        module.begin = begin
                        print("observed", file=sys.stderr)
                child.start()
                child.join(20)
                print(child.exitcode)
        """)
    )
    observed = run.observed(CURRENT, program)
    assert "observed" in observed.stderr
    assert observed.stdout == "7\n"
