"""A loop that gets items until a Queue is empty is found where it uses them, and ends in no other way."""

from __future__ import annotations

from pathlib import Path

import pytest
from rockproc.observer.model import Site
from rockproc.observer.source.until_empty import loop_until_empty

MAKE = "q = Queue()\n"


@pytest.mark.parametrize(
    ("name", "source", "line"),
    [
        ("q", MAKE + "while not q.empty():\n    found.append(q.get())\n", 2),
        ("q", MAKE + "while not q.empty():\n    item = q.get_nowait()\n", 2),
        ("Master.q", "self.q = Queue()\n\nwhile not self.q.empty():\n    use(self.q.get())\n", 3),
        ("q", MAKE + "def read(queue):\n    while not queue.empty():\n        print(queue.get())\n", 3),
    ],
)
def test_the_loop_is_found(name: str, source: str, line: int, tmp_path: Path) -> None:
    script = tmp_path / "app.py"
    script.write_text(source)
    assert loop_until_empty(Site(str(script), 1), name) == Site(str(script), line)


@pytest.mark.parametrize(
    "source",
    [
        MAKE + "while not q.empty():\n    q.get()\n",
        MAKE + "while not q.empty():\n    item = q.get()\n    if item is None:\n        break\n",
        MAKE + "while not other.empty():\n    item = other.get()\n",
        MAKE + "def other():\n    q = Queue()\n    while not q.empty():\n        use(q.get())\n",
        MAKE + "while q.empty():\n    item = q.get()\n",
        MAKE + "while working:\n    item = q.get()\n",
        MAKE + "r = Queue()\ndef read(queue):\n    while not queue.empty():\n        print(queue.get())\n",
        "def (:  # .empty()\n",
    ],
)
def test_a_loop_of_another_kind_is_not_found(source: str, tmp_path: Path) -> None:
    script = tmp_path / "app.py"
    script.write_text(source)
    assert loop_until_empty(Site(str(script), 1), "q") is None


def test_a_file_that_is_not_there_has_no_loop(tmp_path: Path) -> None:
    assert loop_until_empty(Site(str(tmp_path / "gone.py"), 1), "q") is None
