from __future__ import annotations

import pytest
from rockproc.observer.lives import Lives
from rockproc.observer.vitals import Vital
from rockproc.observer.world import World

OURS = "python program.py"


def vital(pid: int, command: str) -> Vital:
    return Vital(pid, 1.0, 1, "sleeping", None, None, 1, command)


@pytest.mark.parametrize(
    ("command", "role", "name"),
    [
        (
            "python -c 'from multiprocessing.resource_tracker import main;main(5)'",
            "resource tracker",
            "resource tracker",
        ),
        ("python -c 'from multiprocessing.forkserver import main; main(8, 9)'", "forkserver", "forkserver"),
        ("sleep 100", "program", "sleep 100"),
        (OURS, "program", OURS),
    ],
)
def test_a_process_that_was_seen_before_its_exec(command: str, role: str, name: str) -> None:
    world = World()
    lives = Lives(world)
    lives.sampled({7: vital(7, OURS)}, 0.1)
    (process,) = world.processes.values()
    assert (process.role, process.name) == ("program", OURS)
    lives.sampled({7: vital(7, command)}, 0.2)
    assert (process.role, process.name) == (role, name)
