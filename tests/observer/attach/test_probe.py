"""`attach --probe`: the probe is loaded into a running program, and removed again."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest
from rockproc.observer.attach import scripts
from rockproc.observer.attach.attachment import AttachError
from rockproc.observer.attach.process_tree import read_entry
from rockproc.observer.attach.reading import read_processes
from rockproc.observer.attach.scheduler_clock import SchedulerClock
from rockproc.observer.model import MessageEvent, Snapshot
from rockproc.observer.run.attached import AttachedRun

from tests.observer.conftest import wait_until
from tests.parameters import fast_first
from tests.probe.conftest import python

from .conftest import HEAD, Start, look_until, rules
from .test_hanging import DEADLOCK

NEWEST = "3.15"
VERSIONS = ("3.14", "3.15")
pytestmark = pytest.mark.skipif(not scripts.interrupt.SUPPORTED, reason="needs x86-64 Linux")

WORKING = """
    import gc

    def worker(tasks, there):
        for task in iter(tasks.get, None):
            there.send(f"done {task}")

    def once(there, text):
        there.send(text)

    def left():
        gc.collect()
        gc.collect()  # modules of ours refer to each other by finalizers
        own = [name for name in sys.modules if "rockproc" in name]
        taps = [type(each).__name__ for each in gc.get_objects() if type(each).__module__.startswith("_rockproc")]
        classes = (mp.queues.Queue, mp.queues.SimpleQueue, mp.connection.Connection)
        marked = [cls.__name__ for cls in classes if hasattr(cls, "_rockproc")]
        code = [name for name in vars(mp.queues.Queue) if name == "get" and "__rockproc__" in repr(mp.queues.Queue.get)]
        woven = mp.queues.Queue.put.__code__.co_consts + mp.connection.Connection._send_bytes.__code__.co_consts
        return own, taps, marked, code, [each for each in woven if type(each).__name__ == "module"], len(sys.meta_path)

    if __name__ == "__main__":
        mp.set_start_method(sys.argv[1])
        tasks, (here, there) = mp.Queue(), mp.Pipe()
        before = left()
        child = mp.Process(target=worker, args=(tasks, there))
        child.start()
        number = 0
        while not os.path.exists("stop"):
            number += 1
            tasks.put(number)
            assert here.recv() == f"done {number}"
            if os.path.exists("more"):
                os.rename("more", "started")
                other = mp.Process(target=once, args=(there, "from a new child"))
                other.start()
                print(here.recv())
                other.join()
            time.sleep(0.01)
        tasks.put(None)
        child.join()
        now = left()
        print(now == before, now, child.exitcode)
"""


def working(start: Start, version: str, method: str) -> int:
    pid = start(WORKING, version, method)
    look_until(pid, lambda snapshot: any(channel.name == "tasks" for channel in snapshot.channels))
    return pid


def load(pid: int, attached: list[AttachedRun]) -> AttachedRun:
    run = AttachedRun(pid)
    attached.append(run)
    run.read()
    run.load_probe()
    return run


def events(run: AttachedRun) -> list[tuple[str, MessageEvent]]:
    """Return the messages that were seen, each with the name of its channel."""
    run.read()
    run.read_messages()
    snapshot = run.snapshot()
    names = {channel.key: channel.name for channel in snapshot.channels}
    return [(names.get(event.message.channel, ""), event) for event in snapshot.messages.since(0)[1]]


def finish(tmp_path: Path, pid: int) -> str:
    (tmp_path / "stop").touch()
    wait_until(lambda: not Path(f"/proc/{pid}/exe").exists() or " Z " in Path(f"/proc/{pid}/stat").read_text())
    return (tmp_path / "output").read_text()


def mapped(pid: int) -> list[str]:
    """Return the files of ours that a process has mapped or open."""
    maps = [line for line in Path(f"/proc/{pid}/maps").read_text().splitlines() if "rockproc-" in line]
    return maps + [
        str(path.readlink()) for path in Path(f"/proc/{pid}/fd").iterdir() if "rockproc" in str(path.readlink())
    ]


@pytest.mark.early
@pytest.mark.parametrize(
    ("version", "method"),
    fast_first([("3.14", "forkserver"), ("3.15", "fork"), ("3.14", "spawn")]),
)
def test_messages_are_seen_and_nothing_is_left(
    start: Start, tmp_path: Path, attached: list[AttachedRun], version: str, method: str
) -> None:
    pid = working(start, version, method)
    run = load(pid, attached)
    assert not run.probe_problems
    wait_until(lambda: {"put", "sent", "received"} <= {event.op for name, event in events(run) if name == "tasks"})
    wait_until(lambda: any("here" in name and event.op == "received" for name, event in events(run)))
    put = next(event for name, event in events(run) if name == "tasks" and event.op == "put")
    assert put.message.put_site is not None
    assert put.message.put_site.path.endswith("program.py")
    (tmp_path / "more").touch()
    wait_until(lambda: any(b"from a new child" in event.message.content for _, event in events(run)))
    processes = {process.pid for process in run.read().processes}
    run.stop()
    assert mapped(pid) == []
    output = finish(tmp_path, pid)
    assert output.splitlines()[0] == "from a new child"
    assert output.splitlines()[1].startswith("True") or pid in run.probe_problems, output
    assert output.rstrip().endswith(" 0")
    assert len(output.splitlines()) == 2, output
    assert pid in processes


@pytest.mark.early
@pytest.mark.parametrize("version", fast_first(reversed(VERSIONS)))
def test_attaching_reports_a_deadlock_and_does_not_end_it(
    start: Start, tmp_path: Path, attached: list[AttachedRun], version: str
) -> None:
    pid = start(DEADLOCK.source, version, "fork")
    before = look_until(pid, rules)
    pids = [process.pid for process in before.processes if process.pid]
    run = load(pid, attached)
    assert not run.probe_problems
    assert [(finding.rule, finding.active) for finding in run.read().findings] == [("deadlock", True)]
    assert all(mapped(child_pid) for child_pid in pids)
    run.stop()
    assert not run.probe_problems
    assert [mapped(child_pid) for child_pid in pids] == [[], [], []]
    assert rules(AttachedRun(pid).read_verdict()) == ["deadlock"]
    assert (tmp_path / "output").read_text() == ""


def test_an_unknown_blocking_call_is_not_interrupted(start: Start, tmp_path: Path, attached: list[AttachedRun]) -> None:
    """An unknown function could take the interruption of its read for an error."""
    source = """
    if __name__ == "__main__":
        reading, writing = os.pipe()
        pid = os.fork()
        if pid:
            os.waitpid(pid, 0)
        else:
            os.read(reading, 1)
    """
    pid = start(source, NEWEST)
    look_until(pid, lambda snapshot: len(snapshot.processes) == 2)
    with pytest.raises(AttachError, match="waits in a call that is not known to continue after an interruption"):
        load(pid, attached)
    assert (tmp_path / "output").read_text() == ""


def test_a_python_without_remote_exec_is_refused_in_one_line(start: Start, attached: list[AttachedRun]) -> None:
    pid = start(DEADLOCK.source, "3.13")
    look_until(pid, rules)
    with pytest.raises(
        AttachError, match=r"It is|it is Python 3\.13, and scripts can be executed in it only from 3\.14 on"
    ):
        load(pid, attached)


@pytest.mark.early
def test_a_process_that_could_not_be_asked_is_asked_again(start: Start, attached: list[AttachedRun]) -> None:
    """A forkserver whose Python was starting would otherwise never carry the probe, nor would its children."""
    pid = working(start, NEWEST, "fork")
    child = next(process.pid for process in look_until(pid, _child_runs).processes if process.pid != pid)
    assert child is not None
    os.kill(child, signal.SIGSTOP)
    wait_until(lambda: " T " in Path(f"/proc/{child}/stat").read_text())
    run = load(pid, attached)
    assert run.probe_problems == {child: "It is stopped."}
    os.kill(child, signal.SIGCONT)
    wait_until(lambda: "received" in {event.op for name, event in events(run) if name == "tasks"})
    run.read()  # the journal of a process is discovered after its answer
    assert not run.probe_problems


def _child_runs(snapshot: Snapshot) -> bool:
    return any(process.name == "Process-1" for process in snapshot.processes)


def test_a_process_that_runs_on_a_busy_machine_can_be_asked(start: Start) -> None:
    """The process may not have run between the readings, but it does not wait in an unknown call."""
    pid = start("while True: pass", NEWEST)
    look_until(pid, lambda snapshot: snapshot.main is not None and snapshot.main.line is not None)
    entry = read_entry(pid)
    assert entry is not None
    (reading,) = read_processes([entry], SchedulerClock())
    assert reading.main_thread is not None
    reading.main_thread.lasting = True
    assert scripts.obstacle(reading) == ""
    reading.close()


@pytest.mark.slow
def test_a_second_observer_is_refused(start: Start, attached: list[AttachedRun]) -> None:
    pid = working(start, NEWEST, "fork")
    first = load(pid, attached)
    with pytest.raises(AttachError, match="is observed already"):
        load(pid, attached)
    seen = len(events(first))
    wait_until(lambda: len(events(first)) > seen)


@pytest.mark.slow
def test_no_file_is_left_behind(start: Start, tmp_path: Path, attached: list[AttachedRun]) -> None:
    pid = working(start, NEWEST, "fork")
    run = load(pid, attached)
    maps = Path(f"/proc/{pid}/maps").read_text()
    journal = next(line.split()[-1] for line in maps.splitlines() if line.endswith(".journal"))
    folder = Path(journal).parent
    assert folder.exists()
    run.stop()
    assert not folder.exists()
    assert not folder.with_suffix(".py").exists()
    assert "True" in finish(tmp_path, pid)


@pytest.mark.slow
def test_attaching_does_not_change_the_output(start: Start, tmp_path: Path) -> None:
    """Results, output and exit code of a program that is attached to and left again are those of one that is not."""
    source = """
    def worker(tasks, results):
        for task in iter(tasks.get, None):
            results.put((task, task * task))

    if __name__ == "__main__":
        mp.set_start_method(sys.argv[1])
        tasks, results = mp.Queue(3), mp.SimpleQueue()
        children = [mp.Process(target=worker, args=(tasks, results), name=f"w{each}") for each in range(3)]
        for child in children:
            child.start()
        found = []
        while len(found) < 50 or not os.path.exists("stop"):
            tasks.put(len(found))
            found.append(results.get())
            time.sleep(0.01)
        for child in children:
            tasks.put(None)
        for child in children:
            child.join()
        right = all(square == number * number for number, square in found)
        print(found[:50], right, [child.exitcode for child in children], sorted(vars(tasks)))
        raise SystemExit(7)
    """
    script = tmp_path / "bare.py"
    script.write_text(HEAD + "\n".join(line[4:] for line in source.splitlines()))
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare" / "stop").touch()
    command, folder = [python(NEWEST), str(script), "fork"], tmp_path / "bare"
    bare = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=folder)
    pid = start(source, NEWEST, "fork")
    look_until(pid, lambda snapshot: len(snapshot.processes) == 4)
    problems: list[dict[int, str]] = []
    for _ in range(2):
        run = AttachedRun(pid)
        run.read()
        run.load_probe()
        wait_until(lambda run=run: len(events(run)) > 10)
        run.stop()
        problems.append(run.probe_problems)
    (tmp_path / "stop").touch()
    wait_until(lambda: " Z " in Path(f"/proc/{pid}/stat").read_text())
    assert (tmp_path / "output").read_text() == bare.stdout + bare.stderr, problems
    status = int(Path(f"/proc/{pid}/stat").read_text().split()[-1])
    assert os.waitstatus_to_exitcode(status) == bare.returncode == 7
