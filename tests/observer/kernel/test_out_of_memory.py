"""The counter of the OOM killer, in folders as the kernel shows them for control groups of both versions."""

from __future__ import annotations

from pathlib import Path

import pytest
from rockproc.observer.kernel.out_of_memory import OutOfMemory

EVENTS = "low 0\nhigh 3\nmax 7\noom 2\noom_kill {}\noom_group_kill 0\n"
CONTROL = "oom_kill_disable 0\nunder_oom 0\noom_kill {}\n"
FILES = {
    "version 2": ("0::/app\n", "app/memory.events", EVENTS),
    "version 2 in a container": ("0::/docker/abc\n", "memory.events", EVENTS),
    "version 1": ("5:cpu:/\n4:memory:/app\n", "memory/app/memory.oom_control", CONTROL),
    "version 1 in a container": ("4:memory,hugetlb:/docker/abc\n", "memory/memory.oom_control", CONTROL),
    "both": ("4:memory:/app\n0::/\n", "memory/app/memory.oom_control", CONTROL),
}


@pytest.mark.parametrize("case", FILES)
def test_each_kill_is_assigned_once(case: str, tmp_path: Path) -> None:
    own, name, text = FILES[case]
    (tmp_path / "own").write_text(own)
    counter = tmp_path / "cgroup" / name
    counter.parent.mkdir(parents=True)
    counter.write_text(text.format(4))
    memory = OutOfMemory(tmp_path / "cgroup", tmp_path / "own")
    assert not memory.has_killed_one()
    counter.write_text(text.format(6))
    assert [memory.has_killed_one() for _ in range(3)] == [True, True, False]


@pytest.mark.parametrize("own", ["", "0::/app\n", "3:cpu:/\n", None])
def test_without_a_counter_nothing_is_found(own: str | None, tmp_path: Path) -> None:
    if own is not None:
        (tmp_path / "own").write_text(own)
    assert not OutOfMemory(tmp_path / "cgroup", tmp_path / "own").has_killed_one()


def test_a_kill_long_before_a_process_ended_is_not_assigned_to_it(tmp_path: Path) -> None:
    (tmp_path / "own").write_text("0::/\n")
    counter = tmp_path / "memory.events"
    counter.write_text(EVENTS.format(0))
    memory = OutOfMemory(tmp_path, tmp_path / "own")
    counter.write_text(EVENTS.format(1))
    memory.settle()
    memory.settle()
    assert not memory.has_killed_one()
    counter.write_text(EVENTS.format(2))
    memory.settle()
    assert memory.has_killed_one()
