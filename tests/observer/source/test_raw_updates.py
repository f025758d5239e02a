"""Lines that update an object without a lock, found in the source."""

from __future__ import annotations

from pathlib import Path

import pytest
from rockproc.observer.source.raw_updates import RawUpdate, raw_updates


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ("v.value += 1", "v"),
        ("for _ in range(9):\n        self.total.value = self.total.value + 1", "total"),
        ("try:\n        table[0] -= 1\n    finally:\n        pass", "table"),
        ("memory.buf[0] += 1", "memory"),
        ("with lock:\n        v.value += 1", ""),
        ("if number == 0:\n        v.value += 1", ""),
        ("lock.acquire()\n    v.value += 1", ""),
        ("table[number] += 1", ""),
        ("v.value = number", ""),
        ("count += 1", ""),
        ("v.value = w.value + 1", ""),
    ],
)
def test_unguarded_updates_are_found(body: str, name: str, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(f"def work(number):\n    {body}\n")
    found = raw_updates(str(program))
    assert [(update.name, update.function) for update in found] == ([(name, "work")] if name else [])


def test_a_file_that_cannot_be_parsed_has_none(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("1 +\n")
    assert raw_updates(str(program)) == ()
    program.write_text("def work():\n    v.value += 1\n")
    assert raw_updates(str(program)) == (RawUpdate("v", "work", 2),)
    assert raw_updates(str(tmp_path / "none.py")) == ()
