from __future__ import annotations

import pytest
from msgspec.structs import replace
from rockproc.observer.scenarios.catalog import bundled
from rockproc.observer.scenarios.steps import seen, unknown

from tests.fakes import with_pools


@pytest.mark.parametrize(
    "see",
    [
        {"finding": "deadlock"},
        {"process": "worker-3"},
        {"process": "worker-3", "signal": "SIGTERM"},
        {"process": "work*-[34]", "signal": "SIGTERM"},
        {"process": "main", "start_method": "*"},
        {"process": "worker-3", "state": "zombie", "exitcode": -15},
        {"channel": "tasks", "min_depth": 3},
        {"channel": "child", "min_got": 1},
        {"value": "counter", "equals": 41},
        {"lock": "lock_a", "min_contended": 3},
        {"finding": "deadlock", "value": "counter"},
        {"pool": "oven", "min_done": 8, "min_failed": 1, "min_lost": 1, "min_workers": 5},
    ],
)
def test_a_condition_that_the_snapshot_fulfils_is_seen(see: dict[str, object]) -> None:
    assert not unknown(see)
    assert seen(see, with_pools())


@pytest.mark.parametrize(
    "see",
    [
        {},
        {"finding": "zombie"},
        {"process": "worker-1", "signal": "SIGTERM"},
        {"process": "worker-[12]", "signal": "SIGTERM"},
        {"process": "worker-3", "start_method": "spawn"},
        {"process": "worker-3", "state": "running"},
        {"process": "worker-3", "exitcode": 15},
        {"channel": "tasks", "min_depth": 4},
        {"channel": "tasks", "min_got": "many"},
        {"value": "counter", "equals": 42},
        {"lock": "lock_a", "min_contended": 4},
        {"pool": "oven", "min_done": 9},
        {"pool": "counters", "min_lost": 1},
        {"finding": "deadlock", "value": "none"},
        {"finding": "deadlock", "state": "running"},
        {"process": "worker-3", "unheard": 1},
    ],
)
def test_a_condition_that_the_snapshot_does_not_fulfil_is_not_seen(see: dict[str, object]) -> None:
    assert not seen(see, with_pools())


def test_every_bundled_step_is_understood() -> None:
    for scenario in bundled():
        for step in scenario.steps:
            assert step.see, (scenario.path.name, step.do)
            assert not unknown(step.see), (scenario.path.name, step.see)


def test_a_very_short_zombie_is_not_seen() -> None:
    """A forkserver collects its children at once."""
    world = with_pools()
    ended = next(process.ended for process in world.processes if process.name == "worker-3") or 0.0
    see = {"process": "worker-3", "state": "zombie"}
    assert not seen(see, replace(world, now=ended + 0.1))
    assert seen(see, replace(world, now=ended + 1.0))
