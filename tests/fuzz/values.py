"""Values that break assumptions, and random changes of a tree of plain values."""

from __future__ import annotations

import random
from typing import Any, cast

NUMBERS: tuple[int | float, ...] = (
    *(0, 1, -1, 2, 255, 1 << 31, 1 << 32, 1 << 53, (1 << 63) - 1, -(1 << 63), (1 << 64) - 1),
    *(0.5, -0.0, 1e-300, 1e9, 1e12, 1e300, float("inf"), float("-inf"), float("nan")),
)
TEXTS: tuple[str, ...] = (
    "",
    "\0",
    "a\0b",
    "\x1b[2J\x1b]0;title\x07",
    "[bold red]markup[/] [@click=app.quit]here[/]",
    "\u202e\u0301\ufeff",
    "../../../etc/passwd",
    "x" * 5000,
    "😀" * 300,
    "%s%n{0}{name}",
    "\n" * 200,
)


def changed(tree: Any, rng: random.Random) -> Any:
    """Return the tree with one place in it changed. The tree itself may change, too."""
    place: Any = tree
    parent: Any = None
    key: Any = None
    while _is(place, dict, list) and place and (parent is None or rng.random() < 0.85):
        parent = place
        key = rng.choice(list(place)) if _is(place, dict) else rng.randrange(len(place))
        place = place[key]
    value = _another(place, rng)
    if parent is None:
        return value
    if _is(parent, list) and rng.random() < 0.3:
        if rng.random() < 0.5:
            del parent[key]
        else:
            parent.extend([place] * rng.choices((1, 2, 100, 3000), (50, 40, 9, 1))[0])
    elif _is(parent, dict) and rng.random() < 0.15:
        del parent[key]
    else:
        parent[key] = value
    return tree


def _is(value: Any, *types: type) -> bool:
    return isinstance(value, types)


def _another(value: Any, rng: random.Random) -> Any:
    if rng.random() < 0.15:
        other_types: list[Any] = [None, True, 7, 1.5, "text", b"bytes", [], {}, [[]], {"a": []}]
        return rng.choice(other_types)
    match value:
        case bool():
            return not value
        case int() | float():
            near = (value + 1, value - 1, -value, value * 2)
            return rng.choice(NUMBERS) if rng.random() < 0.6 else rng.choice(near)
        case str():
            return rng.choice(TEXTS) if rng.random() < 0.7 else value * rng.choice((2, 50))
        case bytes():
            return rng.randbytes(rng.choice((0, 1, 64, 3000)))
        case list():
            return cast("list[Any]", value) * rng.choices((0, 2, 50), (10, 10, 1))[0]
        case dict():
            return {}
        case _:
            simple: list[Any] = [0, "", "text", 1.0, []]
            return rng.choice(simple)
