"""The source tells a loop that asks a Queue until it gets an item from one that may end without an item."""

from __future__ import annotations

from pathlib import Path

import pytest
from rockproc.observer.model import Site
from rockproc.observer.source.item_loops import only_waits_for_an_item

ATTEMPT = """\
while {test}:
    try:
        {get}  # here
        {then}
    except {error}:
        {without}
    {after}
"""


def asks(folder: Path, **parts: str) -> bool:
    """Return the answer for a loop with these parts."""
    usual = {
        "test": "True",
        "get": "item = q.get_nowait()",
        "then": "break",
        "error": "queue.Empty",
        "without": "continue",
        "after": "pass",
    }
    source = ATTEMPT.format(**usual | parts)
    program = folder / "program.py"
    program.write_text(source)
    line = next(at for at, line in enumerate(source.splitlines(), 1) if line.endswith("# here"))
    return only_waits_for_an_item(Site(str(program), line))


@pytest.mark.parametrize(
    "parts",
    [
        {},
        {"get": "item = self.q.get(False)", "error": "(Empty, OSError)"},
        {"get": "item = q.get(block=False)", "without": "time.sleep(0.1); continue", "after": "work(item)"},
        {"get": "item = q.get(True, 0)", "without": "pass"},
        {"get": "items.append(q.get(timeout=0.0))", "test": "len(items) < 4", "then": "work()"},
        {"test": "item is None", "without": "print('nothing yet')"},
    ],
)
def test_a_loop_that_ends_only_with_an_item(parts: dict[str, str], tmp_path: Path) -> None:
    assert asks(tmp_path, **parts)


@pytest.mark.parametrize(
    "parts",
    [
        {"get": "item = q.get()"},
        {"get": "item = q.get(timeout=0.1)"},
        {"get": "item = q.get(timeout=limit)"},
        {"get": "item = settings.get('key', 0)"},
        {"get": "q.put_nowait(1)"},
        {"get": "use(next(tasks), q.get_nowait())"},
        {"get": "item = queues[choose()].get_nowait()"},
        {"get": "with lock: item = q.get_nowait()"},
        {"error": "KeyError"},
        {"without": "break"},
        {"without": "work()"},
        {"without": "tries += 1"},
        {"without": "if not p.is_alive(): break"},
        {"without": "p.start()"},
        {"without": "pass", "after": "work()"},
        {"without": "pass", "after": "if time.time() > end: break"},
        {"test": "running"},
        {"test": "item is None and p.is_alive()"},
        {"test": "item is None and running"},
        {"test": "not self.item"},
        {"test": "time.time() < end"},
    ],
)
def test_a_loop_that_may_end_without_an_item(parts: dict[str, str], tmp_path: Path) -> None:
    assert not asks(tmp_path, **parts)


def test_a_get_outside_of_a_loop(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("try:\n    q.get_nowait()\nexcept Empty:\n    pass\n")
    assert not only_waits_for_an_item(Site(str(program), 2))
