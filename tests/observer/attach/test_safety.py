"""A process that cannot be read must yield one sentence and no traceback."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import struct
import subprocess
import textwrap
from pathlib import Path

import pytest
from msgspec.structs import replace
from rockproc.observer.attach import attachment, reading, semaphores
from rockproc.observer.attach.attachment import AttachError, Attachment
from rockproc.observer.attach.interpreter import NotReadable
from rockproc.observer.attach.memory import Mapping, ProcessMemory
from rockproc.observer.attach.process_tree import ProcessEntry, descendants, read_entry
from rockproc.observer.attach.scheduler_clock import SchedulerClock
from rockproc.observer.attach.semaphores import semaphore_mappings, semaphore_value
from rockproc.observer.run import attached
from rockproc.observer.run.attached import AttachedRun

from tests.observer.conftest import wait_until
from tests.probe.conftest import python

from .conftest import HEAD, Start, look_until, rules
from .test_hanging import DEADLOCK, PROGRAMS

NOBODY = 65534


def hanging(start: Start) -> int:
    pid = start(DEADLOCK.source, "3.11")
    look_until(pid, rules)
    return pid


def test_a_program_may_end_while_it_is_read(start: Start) -> None:
    pid = hanging(start)
    attached = Attachment(pid)
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: " Z " in Path(f"/proc/{pid}/stat").read_text())
    with pytest.raises(AttachError, match=f"process {pid} has ended"):
        attached.read()


def test_nothing_is_judged_while_processes_begin(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process for which the others wait may have just begun, and was not read."""
    pid = hanging(start)
    others = iter(range(1, 1_000_000))

    def descendants_and_another(table: dict[int, ProcessEntry], root: int) -> list[int]:
        return [*descendants(table, root), -next(others)]

    monkeypatch.setattr(attached, "MAX_CONFIRM_SECONDS", 0.5)
    run = AttachedRun(pid)
    with monkeypatch.context() as patched:
        patched.setattr(attachment, "descendants", descendants_and_another)
        assert rules(run.read_verdict()) == []
        assert any("no rule could be asked" in fault for fault in run.faults())
    assert rules(run.read()) == ["deadlock"]
    assert run.faults() == []
    run.stop()


@pytest.mark.parametrize("at_first", [True, False])
def test_a_program_may_be_read_when_its_memory_is_released(
    at_first: bool, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An ending process has no mappings before it is a zombie. The test simulates these microseconds."""
    pid = hanging(start)
    attached = Attachment(pid)

    def released(_: int) -> list[Mapping]:
        return []

    def ends(*_: object) -> None:
        monkeypatch.setattr(reading, "read_mappings", released)
        raise NotReadable("The interpreter's own state cannot be read.")

    if at_first:
        monkeypatch.setattr(reading, "read_mappings", released)
    else:
        monkeypatch.setattr(reading, "Interpreter", ends)
    with pytest.raises(AttachError, match=f"process {pid} has ended while it was read"):
        attached.read()


def test_a_child_may_end_while_it_is_read(start: Start) -> None:
    run = AttachedRun(hanging(start))
    child = next(process for process in run.read().processes if process.name == "Process-1")
    assert child.pid is not None
    os.kill(child.pid, signal.SIGKILL)
    wait_until(lambda: not next(process for process in run.read().processes if process.key == child.key).state.alive)
    run.stop()


def test_a_reused_pid_is_not_taken_for_the_old_process(start: Start) -> None:
    attached = Attachment(hanging(start))
    attached.root = replace(attached.root, started=attached.root.started - 1)
    with pytest.raises(AttachError, match="has ended"):
        attached.read()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_a_missing_permission_is_reported(start: Start) -> None:
    pid = hanging(start)
    reading, writing = os.pipe()
    other = os.fork()
    if not other:
        answer = "nothing was said"
        try:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            Attachment(pid).read()
        except BaseException as error:
            answer = f"{type(error).__name__}: {error}"
        os.write(writing, answer.encode())
        os._exit(0)
    os.waitpid(other, 0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        answer = pipe.read()
    assert answer.startswith(f"AttachError: the system does not permit reading process {pid}")
    assert "sudo" in answer
    assert "--cap-add SYS_PTRACE" in answer


def test_an_unsupported_machine_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attachment, "SUPPORTED", False)
    with pytest.raises(AttachError, match="only x86-64 and aarch64 Linux are supported"):
        Attachment(os.getpid())


def test_memory_is_not_searched_when_named_locks_explain_all_holders(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The locks that the program can reach by name account for everything that is held."""
    pid = hanging(start)
    monkeypatch.setattr(semaphores, "MAX_SEARCHED_BYTES_IN_TOTAL", 1 << 16)
    run = AttachedRun(pid)
    assert rules(run.read()) == ["deadlock"]
    assert run.faults() == []
    run.stop()


HIDDEN = """
    def hides(guard):
        def inner():
            guard.acquire()
        return inner

    def holds(run):
        run()
        time.sleep(1000)

    def waits(guard):
        with guard:
            pass

    def makes():
        guard = mp.get_context("fork").Lock()
        kind = mp.get_context("fork").Process
        return kind(target=holds, args=(hides(guard),)), kind(target=waits, args=(guard,))

    if __name__ == "__main__":
        first, other = makes()
        first.start()
        time.sleep(0.5)
        other.start()
        other.join()
"""


def test_a_search_finds_the_holder_of_an_unnamed_lock(start: Start) -> None:
    pid = start(HIDDEN, "3.11")
    snapshot = look_until(
        pid,
        lambda seen: (
            any(lock.holders for lock in seen.locks)
            and any(process.idle == "asleep" and process.pid != pid for process in seen.processes)
        ),
    )
    holders = [holder.process for lock in snapshot.locks for holder in lock.holders]
    asleep = [process.key for process in snapshot.processes if process.idle == "asleep" and process.pid != pid]
    assert holders == asleep
    assert rules(snapshot) == []


def test_a_process_may_end_before_its_memory_is_searched(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    pid = start(HIDDEN, "3.11")
    seen = look_until(pid, lambda seen: any(lock.holders and lock.waiters for lock in seen.locks))
    (waiting,) = (waiter.process for lock in seen.locks for waiter in lock.waiters)
    unexplained = reading.unexplained

    def ends(readings: list[reading.ProcessReading]) -> set[int]:
        found = unexplained(readings)
        if not readings:
            return found  # no orphans
        os.kill(waiting, signal.SIGKILL)
        wait_until(lambda: not Path(f"/proc/{waiting}").exists())  # main joins it
        return found

    monkeypatch.setattr(reading, "unexplained", ends)
    run = AttachedRun(pid)
    assert rules(run.read()) == []
    run.stop()


def test_no_holder_is_declared_dead_after_a_search_that_was_cut_short(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    pid = start(PROGRAMS["dead holder"].source, "3.11")
    look_until(pid, rules)
    monkeypatch.setattr(semaphores, "MAX_SEARCHED_BYTES_IN_TOTAL", 1 << 16)
    run = AttachedRun(pid)
    assert rules(run.read()) == []
    assert run.faults()
    run.stop()


@pytest.mark.usefixtures("start")  # it kills what is left
@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("unshare"), reason="only root can make a pid namespace")
def test_a_program_in_a_pid_namespace_is_read(tmp_path: Path) -> None:
    """The processes know each other by other pids than we do, as in a container."""
    script = tmp_path / "program.py"
    script.write_text(HEAD + textwrap.dedent(DEADLOCK.source))
    command = ["unshare", "--pid", "--fork", "--kill-child", python("3.11"), str(script), "fork"]
    outside = subprocess.Popen(command, stdin=subprocess.DEVNULL, cwd=tmp_path)
    try:
        children = Path(f"/proc/{outside.pid}/task/{outside.pid}/children")
        wait_until(lambda: children.read_text().split())
        pid = int(children.read_text().split()[0])
        # Before, it is still a copy of `unshare`, whose parent is the Python that runs this test.
        wait_until(lambda: os.fsencode(script) in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[1:3])
        snapshot = look_until(pid, rules)
        assert rules(snapshot) == ["deadlock"]
        waits = {wait.op: wait.object for process in snapshot.processes for wait in process.waits}
        assert waits.keys() == {"acquire", "join"}
        assert waits["join"].startswith("Process-")
        joined = {wait.key for process in snapshot.processes for wait in process.waits if wait.op == "join"}
        assert joined < {process.key for process in snapshot.processes}
    finally:
        outside.kill()
        outside.wait()


@pytest.mark.parametrize(
    "path",
    [
        "/dev/shm/sem.AbCdEf (deleted)",
        "/dev/shm/sem.mp-abc123",
        "/sem.AbCdEf (deleted)",
        "/dev/shm/tmp-123456 (deleted)",
        "/dev/shm/mp-abc123",
    ],
)
def test_semaphores_of_each_c_library_are_known(path: str) -> None:
    others = [Mapping(8192, 12288, "rw-s", 0, 8, "/dev/shm/psm_abc"), Mapping(12288, 16384, "rw-p", 0, 0, "[heap]")]
    assert semaphore_mappings([Mapping(4096, 8192, "rw-s", 0, 7, path), *others]) == {4096: 7}


@pytest.mark.parametrize(("word", "value"), [(0, 0), (3, 3), (0x80000000, 0), (0xFFFFFFFF, 0)])
def test_the_counter_is_read_as_each_c_library_keeps_it(word: int, value: int) -> None:
    content = ctypes.create_string_buffer(struct.pack("<Q", word))
    with ProcessMemory(os.getpid()) as memory:
        assert semaphore_value(memory, ctypes.addressof(content)) == value


def test_a_process_that_executes_while_it_is_read_has_its_own_arguments(start: Start) -> None:
    """Otherwise a child of spawn that has no lock yet looks like a forked one that has none."""
    pid = start("time.sleep(1000)", "3.11")
    wait_until(lambda: (entry := read_entry(pid)) is not None and entry.arguments)
    entry = read_entry(pid)
    assert entry is not None
    found = reading.read_process(replace(entry, image=b"0", arguments=("parent",)), SchedulerClock())
    found.close()
    assert found.entry.arguments == entry.arguments
