"""The results of each bundled scenario without interventions, under every start method and every Python."""

from __future__ import annotations

import runpy
from typing import Any, TypedDict

from tests.scenarios.alone import SCENARIOS


class Expected(TypedDict, total=False):
    processes: dict[str, int | str | None]
    """Children by name (a pattern, where the start method is part of the name): an exit code, a signal, or None
    where there is none. The main process is not among them; it exits with 0 unless the scenario hangs.
    A pattern that ends in `*` is for any number of children."""
    channels: dict[str, tuple[str, int, int]]
    """The kind, the messages put, and the messages got of each channel."""
    values: dict[str, tuple[str, Any]]
    """The kind (the function that made it) and the final content of each value; None where it depends on chance."""
    segments: dict[str, tuple[str, object]]
    """The kind and the final content of each SharedMemory and ShareableList."""
    managed: dict[str, str]
    """The final content of the objects of managers, as text; "" where it depends on chance."""
    locks: dict[str, str]
    """The kind of each lock. Locks that belong to a Value, Array, Queue or another lock are left out."""
    pools: dict[str, tuple[str, int, int, int]]
    """The kind, and the tasks submitted, done and failed of each pool."""


HANGING = ("join_before_get.py", "two_locks.py")
"""Scenarios that never end by themselves. Their results are those that can be seen once they hang."""


def picture() -> list[int]:
    """Return the picture that the painters of the Mandelbrot set paint, computed in one process."""
    names = runpy.run_path(str(SCENARIOS / "mandelbrot.py"))
    return [number for y in range(names["HEIGHT"]) for number in names["row"](y)]


EXPECTED: dict[str, Expected] = {
    "hello_process.py": {"processes": {"greeter": 0}},
    "subclass_process.py": {"processes": {"rehearsal": None, "rocket-1": 0, "rocket-2": 0}},
    "process_life.py": {"processes": {"child": 3}},
    "terminate.py": {
        "processes": {"guard-1": 0, "guard-2": "SIGTERM", "reader": "SIGTERM"},
        "channels": {"letters": ("Queue", 1, 0)},
        "locks": {"key": "Lock", "on_duty": "Event", "at_desk": "Event"},
    },
    "children_at_exit.py": {"processes": {"worker": 0, "daemon": "SIGTERM"}},
    "pipe.py": {"processes": {"pong": 0}, "channels": {"here ⇄ there": ("Pipe", 10, 10)}},
    "queue_basics.py": {
        "processes": {"producer": 0, "consumer": 0},
        "channels": {"tasks": ("Queue", 11, 11)},
    },
    "pipeline.py": {
        "processes": {"cook-1": 0, "cook-2": 0, "cook-3": 0, "waiter": 0},
        "channels": {
            "orders": ("JoinableQueue", 12, 12),
            "plates": ("Queue", 10, 10),
            "bills": ("SimpleQueue", 9, 9),
        },
    },
    "value_array.py": {
        "processes": {"squarer": 0},
        "values": {
            "number": ("Value", 49),
            "fraction": ("Value", (1 / 3) ** 2),
            "greeting": ("Array", "HELLO WORLD"),
            "squares": ("Array", [1, 4, 9, 16, 25, 36]),
            "points": ("Array", [{"x": 3.515625, "y": 39.0625}, {"x": 33.0625, "y": 4.0}, {"x": 5.640625, "y": 90.25}]),
        },
        "locks": {"lock": "Lock"},
    },
    "mandelbrot.py": {
        "processes": {f"painter-{number}": 0 for number in (1, 2, 3, 4)},
        "values": {"picture": ("Array", picture())},
    },
    "counter_race.py": {
        "processes": {f"{name}-{number}": 0 for name in ("careless", "careful") for number in (1, 2, 3)},
        "values": {"careless": ("Value", None), "careful": ("Value", 18)},
    },
    "shared_memory.py": {
        "processes": {"painter-a": 0, "painter-b": 0, "painter-c": 0, "author": 0},
        "segments": {
            "board": ("SharedMemory", "a" * 12 + "b" * 12 + "c" * 12),
            "strokes": ("ShareableList", [12, 12, 12, "dry"]),
            "desk": ("ShareableList", None),
            "letter": ("SharedMemory", "Who tidies up after me?"),
        },
    },
    "manager.py": {
        "processes": {"SyncManager-1": 0, "filler": 0, "listener": 0, "guest-1": 0, "guest-2": 0},
        "managed": {
            "stock": "{'apple': 10, 'pear': 20, 'plum': 30}",
            "notes": "",
            "settings": "last='plum'",
            "total": "60",
            "week": "[10, 20, 30]",
            "lock": "free",
            "rlock": "free",
            "seats": "2 free",
            "tickets": "1 free",
            "opened": "set",
            "ready": "free, 0 wait",
            "letters": "0 in it",
        },
    },
    "lock_basics.py": {
        "processes": {f"{name}-{number}": 0 for name in ("hasty", "orderly") for number in (1, 2, 3)},
        "locks": {"printer": "Lock"},
    },
    "event.py": {
        "processes": {"runner-1": 0, "runner-2": 0, "runner-3": 0},
        "locks": {"start": "Event"},
    },
    "condition.py": {
        "processes": {"customer-1": 0, "customer-2": 0, "baker": 0},
        "values": {"loaves": ("Value", 0)},
        "locks": {"fresh_bread": "Condition"},
    },
    "semaphore.py": {
        "processes": {f"swimmer-{number}": 0 for number in (1, 2, 3, 4, 5)},
        "locks": {"lanes": "BoundedSemaphore"},
    },
    "barrier.py": {
        "processes": {"hiker-1": 0, "hiker-2": 0, "hiker-3": 0},
        "locks": {"camp": "Barrier"},
    },
    "pool_and_process.py": {
        "processes": {
            "roaster-arabica": 0,
            "roaster-robusta": 0,
            "roaster-kona": 0,
            "*PoolWorker-4": 0,
            "*PoolWorker-5": 0,
        },
        "pools": {"pool": ("Pool", 6, 6, 0)},
    },
    "pool_map.py": {"processes": {"*PoolWorker-*": 0}, "pools": {"pool": ("Pool", 15, 14, 1)}},
    "executor.py": {
        "processes": {"*Process-1": 0, "*Process-2": 0},
        "pools": {"executor": ("ProcessPoolExecutor", 6, 5, 1)},
    },
    "gil.py": {"processes": {"process-1": 0, "process-2": 0}},
    "two_locks.py": {
        "processes": {"worker-1": None, "worker-2": None},
        "locks": {"a": "Lock", "b": "Lock"},
    },
    "join_before_get.py": {
        "processes": {"writer": None},
        "channels": {"reports": ("Queue", 2, 0)},
    },
}
