from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from msgspec.structs import replace
from rockproc.observer.kernel import process_stats as module
from rockproc.observer.kernel import process_status, process_table, psutil_table
from rockproc.observer.kernel.exit_watcher import ExitWatcher
from rockproc.observer.kernel.identity import start_time
from rockproc.observer.kernel.process_stats import ProcessSampler, ProcessStats
from rockproc.observer.kernel.procfs import fields_of, stat_fields

from tests.observer.conftest import Program, wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="zombies tell their exit status on Linux")
Launch = Callable[..., Program]

FAMILY = """
import os, subprocess, sys, threading, time
def fork(work):
    pid = os.fork()
    if not pid:
        work()
        os._exit(3)
    return pid
def spin():
    while True: pass
pids = [fork(lambda: None), fork(lambda: os.kill(os.getpid(), 9)), fork(lambda: os.kill(os.getpid(), 19)), fork(spin)]
pids += [subprocess.Popen(["sleep", "1000"]).pid]
threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
print(*pids, flush=True)
time.sleep(1000)
"""


class Family:
    def __init__(self, program: Program, out: Path) -> None:
        wait_until(lambda: out.read_text().endswith("\n"))
        self.keeper = program.keeper.pid
        self.main = program.until("started")["pid"]
        self.exited, self.killed, self.stopped, self.busy, self.command = map(int, out.read_text().split())


@pytest.fixture
def family(launch: Launch, tmp_path: Path) -> Family:
    with (tmp_path / "out").open("wb") as out:
        program = launch(FAMILY, stdout=out.fileno())
    return Family(program, tmp_path / "out")


@pytest.fixture
def exits() -> Iterator[ExitWatcher]:
    exits = ExitWatcher()
    yield exits
    exits.close()


def is_settled(family: Family, found: dict[int, ProcessStats]) -> bool:
    """Return whether each process of the family has come to the state in which it stays."""
    states = [found[pid].status for pid in (family.exited, family.killed, family.stopped, family.main)]
    return states == ["zombie", "zombie", "stopped", "sleeping"] and found[family.command].command == "sleep 1000"


def test_every_descendant_is_sampled(family: Family) -> None:
    sampler, found = ProcessSampler(), dict[int, ProcessStats]()

    def settled() -> bool:
        found.update(sampler.sample(family.keeper, 1.0))
        return is_settled(family, found)

    wait_until(settled)
    assert set(found) == {
        family.main,
        family.exited,
        family.killed,
        family.stopped,
        family.busy,
        family.command,
    }
    assert found[family.main].ppid == family.keeper
    assert found[family.command].ppid == family.main
    codes = {pid: os.waitstatus_to_exitcode(stats.exit_status) for pid, stats in found.items() if stats.exit_status}
    assert codes == {family.exited: 3, family.killed: -9}
    assert found[family.main].threads == 2
    assert found[family.exited].rss is None
    assert 1 << 20 < (found[family.main].rss or 0) < 1 << 28
    assert found[family.main].command.startswith(sys.executable)
    assert found[family.main].create_time == start_time(family.main)


def test_cpu_is_per_cent_of_one_core_since_the_last_sample(family: Family) -> None:
    sampler = ProcessSampler()
    first = sampler.sample(family.keeper, 1.0)
    assert first[family.busy].cpu is None
    ticks = stat_fields(family.busy)
    assert ticks
    before = int(ticks[11]) + int(ticks[12])
    now = before
    while now < before + 20:
        ticks = stat_fields(family.busy)
        assert ticks
        now = int(ticks[11]) + int(ticks[12])
    second = sampler.sample(family.keeper, 2.0)
    # 20 ticks of 10 ms in the second that the sampler is told; the process continues while it is sampled.
    assert 20 <= (second[family.busy].cpu or 0) < 60
    assert second[family.command].cpu == 0


def test_an_unchanged_process_keeps_its_stats_object(family: Family) -> None:
    sampler = ProcessSampler()
    assert sampler.sample(family.keeper, 1.0)[family.main].cpu is None
    wait_until(lambda: sampler.sample(family.keeper, 2.0)[family.main].cpu == 0)
    before, after = sampler.sample(family.keeper, 3.0), sampler.sample(family.keeper, 4.0)
    assert before[family.main] is after[family.main]
    os.kill(family.main, signal.SIGSTOP)
    wait_until(lambda: sampler.sample(family.keeper, 5.0)[family.main].status == "stopped")


def test_cpu_is_since_the_last_sample_also_after_a_long_sleep(family: Family) -> None:
    """Samples without changes count as the last sample."""
    sampler = ProcessSampler()
    os.kill(family.busy, signal.SIGSTOP)
    wait_until(lambda: sampler.sample(family.keeper, 1.0)[family.busy].status == "stopped")
    for at in range(2, 100):
        assert sampler.sample(family.keeper, float(at))[family.busy].cpu in (0, None)
    used = stat_fields(family.busy)
    assert used
    os.kill(family.busy, signal.SIGCONT)
    wait_until(lambda: int((stat_fields(family.busy) or used)[11]) >= int(used[11]) + 20)
    assert (sampler.sample(family.keeper, 100.0)[family.busy].cpu or 0) >= 20


def test_a_command_line_is_read_once_and_again_after_exec(family: Family, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def command(_table: process_table.LinuxTable, pid: int) -> list[str]:
        asked.append(pid)
        return ["a command"]

    monkeypatch.setattr(process_table.LinuxTable, "command", command)
    sampler = ProcessSampler()
    for _ in range(3):
        sampler.sample(family.keeper, 1.0)
    assert asked.count(family.main) == asked.count(family.command) == 1


def test_a_child_that_executes_another_program_gets_its_name(launch: Launch, tmp_path: Path) -> None:
    code = f"import os, time\nwhile not os.path.exists({str(tmp_path / 'go')!r}): time.sleep(.005)\n"
    code += "os.execvp('sleep', ['sleep', '1000'])"
    program = launch(code)
    main = program.until("started")["pid"]
    sampler = ProcessSampler()
    assert "python" in sampler.sample(program.keeper.pid, 1.0)[main].command
    (tmp_path / "go").touch()
    wait_until(lambda: sampler.sample(program.keeper.pid, 1.0)[main].command == "sleep 1000")


def test_a_reused_pid_starts_with_fresh_stats(family: Family, monkeypatch: pytest.MonkeyPatch) -> None:
    sampler = ProcessSampler()
    sampler.sample(family.keeper, 1.0)
    real = process_table.stat_line

    def later(pid: int) -> bytes:
        line = real(pid)
        if pid != family.busy:
            return line
        fields = fields_of(line)
        fields[19] = b"%d" % (int(fields[19]) + 1)
        return line[: line.rindex(b")") + 2] + b" ".join(fields)

    monkeypatch.setattr(process_table, "stat_line", later)
    second = sampler.sample(family.keeper, 2.0)
    assert second[family.busy].cpu is None
    assert second[family.main].cpu is not None


def test_psutil_gives_the_same_stats_as_proc(family: Family, monkeypatch: pytest.MonkeyPatch) -> None:
    wait_until(lambda: is_settled(family, ProcessSampler().sample(family.keeper, 1.0)))
    from_proc = ProcessSampler().sample(family.keeper, 1.0)
    monkeypatch.setattr(module, "LinuxTable", psutil_table.PsutilTable)
    from_psutil = ProcessSampler().sample(family.keeper, 1.0)
    assert from_psutil.keys() == from_proc.keys()
    for pid in from_proc.keys() - {family.busy}:
        # The kernel counts memory in two places, one of them a little late.
        rss = pytest.approx(from_proc[pid].rss, rel=0.2) if from_proc[pid].rss else None
        assert from_psutil[pid].rss == rss
        same = replace(from_proc[pid], rss=None, create_time=0.0, cpu=None, exit_status=None)
        assert replace(from_psutil[pid], rss=None, create_time=0.0, cpu=None) == same


def test_state_names_are_those_of_psutil() -> None:
    words = {name: word for name, word in vars(process_status).items() if name.isupper()}
    assert words == {name: getattr(psutil, f"STATUS_{name}") for name in words}


def test_a_missing_root_process_gives_no_stats() -> None:
    assert ProcessSampler().sample(2**22 + 1, 1.0) == {}


def test_an_exit_is_reported_with_its_status(family: Family, exits: ExitWatcher) -> None:
    started = start_time(family.command)
    assert started is not None
    assert exits.watch(family.command, started)
    assert not exits.watch(family.busy, started - 1000), "another process"
    assert exits.read() == []
    os.kill(family.command, signal.SIGTERM)
    found = exits.read()

    def is_reported() -> bool:
        found.extend(exits.read())
        return bool(found)

    wait_until(is_reported)
    [(pid, _, status, collected)] = found
    assert not collected
    assert pid == family.command
    assert status == signal.SIGTERM
    assert exits.read() == []
