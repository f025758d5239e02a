"""The source tells a loop that only waits for a Value or an Event from one that may end by itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from rockproc.observer.model import Site
from rockproc.observer.source.loops import asks_whether_empty, only_waits


def site(folder: Path, source: str) -> Site:
    """Return the line of a program that ends with `# here`."""
    program = folder / "program.py"
    program.write_text(source)
    return Site(str(program), next(at for at, line in enumerate(source.splitlines(), 1) if line.endswith("# here")))


@pytest.mark.parametrize(
    "source",
    [
        "while not ready.value:  # here\n    pass\n",
        "while self.count.value < 6:  # here\n    time.sleep(0.1)\n    print('no', flush=True)\n",
        "while not (a[0] or done.is_set()):  # here\n    continue\n",
        "while True:\n    if ready.value:  # here\n        print('yes')\n        break\n    time.sleep(1)\n",
        "while True:\n    time.sleep(1)\n    if ready.is_set():  # here\n        return_(clock())\n        break\n",
    ],
)
def test_a_loop_that_only_waits(source: str, tmp_path: Path) -> None:
    assert only_waits(site(tmp_path, source))


@pytest.mark.parametrize(
    "source",
    [
        "while not ready.value and time.time() < end:  # here\n    pass\n",
        "while not ready.is_set() and worker.exitcode is None:  # here\n    pass\n",
        "while not ready.is_set() and worker.is_alive():  # here\n    time.sleep(1)\n",
        "while not ready.value:  # here\n    work()\n",
        "while not ready.value:  # here\n    self.sleep(1)\n",
        "while not ready.value:  # here\n    client.write(b'')\n",
        "while not ready.value:  # here\n    tries += 1\n    time.sleep(1)\n",
        "while not ready.value:  # here\n    if time.time() > end:\n        break\n",
        "while not ready.value:  # here\n    time.sleep(next(delays))\n",
        "while True:\n    n += ready.value  # here\n",
        "while running:\n    print(ready.value)  # here\n",
        "while (line := next(lines)) and not ready.value:  # here\n    pass\n",
        "for _ in range(9):\n    ready.value  # here\n",
        "if ready.value:  # here\n    pass\n",
        "while not ready.value  # here\n",
    ],
)
def test_a_loop_that_may_end_by_itself(source: str, tmp_path: Path) -> None:
    assert not only_waits(site(tmp_path, source))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("while not c.poll():  # here\n    time.sleep(0.1)\n", True),
        ("while True:\n    if self.link.poll(0):  # here\n        break\n    time.sleep(1)\n", True),
        ("while not c.poll() and p.poll() is None:  # here\n    time.sleep(0.1)\n", False),
        ("while p.poll() is None:\n    if c.poll():  # here\n        break\n", False),
        ("while not c.poll(pause()):  # here\n    pass\n", False),
        ("while not c.poll():  # here\n    work()\n", False),
        ("while not ready.is_set():  # here\n    pass\n", False),
    ],
)
def test_a_loop_that_only_waits_for_a_pipe(source: str, expected: bool, tmp_path: Path) -> None:
    assert only_waits(site(tmp_path, source), polls=True) is expected


def test_a_loop_over_an_event_may_end_with_a_subprocess(tmp_path: Path) -> None:
    assert not only_waits(site(tmp_path, "while not e.is_set() and p.poll() is None:  # here\n    pass\n"))


def test_a_get_after_a_question_whether_the_queue_is_empty(tmp_path: Path) -> None:
    assert asks_whether_empty(site(tmp_path, "while not q.empty():\n    q.get()  # here\n"))
    assert asks_whether_empty(site(tmp_path, "if q.qsize() > 0:\n    q.get()  # here\n"))
    assert not asks_whether_empty(site(tmp_path, "while running():\n    q.get()  # here\n"))
