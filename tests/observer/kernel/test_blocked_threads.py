"""The kernel's information about what the threads of real processes wait for."""

from __future__ import annotations

import os
import platform
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
from rockproc.observer.kernel import thread_sampler
from rockproc.observer.kernel.blocked_threads import Files, standard_files
from rockproc.observer.kernel.thread_sampler import what_blocks
from rockproc.observer.model import Blocked

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in ("x86_64", "aarch64"), reason="the kernel of Linux tells"
)

FOR_EVER = {
    "a lock": "lock = threading.Lock(); lock.acquire(); lock.acquire()",
    "a semaphore": "multiprocessing.Semaphore(0).acquire()",
    "a pipe": "reader, writer = os.pipe(); os.read(reader, 1)",
    "a poll of pipes": "poll = select.poll(); [poll.register(end, select.POLLIN) for end in os.pipe()]; poll.poll()",
    "threads": "threading.Thread(target=threading.Event().wait).start(); threading.Event().wait()",
}
NOT_FOR_EVER = {
    "no wait": "sum(iter(int, 1))",
    "a sleep": "time.sleep(100)",
    "a time-out": "threading.Event().wait(100)",
    "a poll with a time-out": "poll = select.poll(); poll.register(os.pipe()[0]); poll.poll(100_000)",
    "standard input": "sys.stdin.read()",
    "a copy of it": "os.read(os.dup(0), 1)",
    "a poll of it": "poll = select.poll(); poll.register(os.dup(0)); poll.poll()",
    "a socket": "here, there = socket.socketpair(); os.read(here.fileno(), 1)",
    "a signal": "signal.pause()",
    "a thread that sleeps": "threading.Thread(target=time.sleep, args=(100,)).start(); threading.Event().wait()",
}


@contextmanager
def running(program: str) -> Generator[int]:
    modules = "import multiprocessing, os, select, signal, socket, sys, threading, time"
    process = subprocess.Popen(
        [sys.executable, "-c", f"{modules}\nprint(flush=True)\n{program}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None
    try:
        process.stdout.readline()
        yield process.pid
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def blocked(pid: int, files: Files) -> dict[int, int] | None:
    """Return how often each thread has run, if each waits for another thread or for the program's own files."""
    try:
        numbers = [int(folder.name) for folder in Path(f"/proc/{pid}/task").iterdir()]
    except FileNotFoundError:
        return None
    found = {number: what_blocks(pid, number, files) for number in numbers}
    return {number: runs for number, (_, runs) in found.items()} if all(what for what, _ in found.values()) else None


def when_it_waits(pid: int, files: Files) -> dict[int, int] | None:
    deadline = time.monotonic() + 20
    while (found := blocked(pid, files)) is None and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


@pytest.mark.parametrize("what", FOR_EVER)
def test_a_thread_that_another_thread_can_wake_is_blocked(what: str) -> None:
    with running(FOR_EVER[what]) as pid:
        files = Files((), standard_files(pid))
        before = when_it_waits(pid, files)
        assert before is not None
        time.sleep(0.1)
        assert blocked(pid, files) == before


@pytest.mark.parametrize("what", NOT_FOR_EVER)
def test_a_thread_that_continues_by_itself_is_not_blocked(what: str) -> None:
    with running(NOT_FOR_EVER[what]) as pid:
        for _ in range(8):
            time.sleep(0.05)
            assert blocked(pid, Files((), standard_files(pid))) is None


def test_a_socket_pair_of_the_program_counts_as_its_own_files() -> None:
    with running(NOT_FOR_EVER["a socket"]) as pid:
        assert when_it_waits(pid, Files(range(1 << 40), ())) is not None
        assert blocked(pid, Files((), ())) is None


def test_nothing_is_known_of_an_ended_process() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    assert blocked(process.pid, Files((), ())) is None


def test_a_thread_that_goes_on_while_it_is_looked_at_is_not_blocked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its state is read before its system call: it may have slept, and now wait for a lock."""
    counts = iter([5, 5, 5, 6])

    def status(_: str) -> bytes:
        return (
            f"State:\tS (sleeping)\nvoluntary_ctxt_switches:\t{next(counts)}\nnonvoluntary_ctxt_switches:\t0\n".encode()
        )

    def endless_futex(_: str) -> tuple[int, list[int]]:
        number = {"x86_64": 202, "aarch64": 98}[os.uname().machine]
        return number, [4096, 0, 0, 0, 0, 0]

    monkeypatch.setattr(thread_sampler, "read_proc", status)
    monkeypatch.setattr(thread_sampler, "system_call", endless_futex)
    assert what_blocks(1, 1, Files((), ())) == (Blocked.THREAD, 5)
    assert what_blocks(1, 1, Files((), ())) == (Blocked.NO, 0)
