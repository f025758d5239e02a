"""The source tells a loop that only the answer of an object ends from one that may end in another way."""

from __future__ import annotations

from pathlib import Path

import pytest
from rockproc.observer.model import Site
from rockproc.observer.source.asking_loops import only_asks


def asks(folder: Path, source: str) -> bool:
    """Return the answer for the line that ends with `# here`."""
    program = folder / "program.py"
    program.write_text(source)
    line = next(at for at, line in enumerate(source.splitlines(), 1) if line.endswith("# here"))
    return only_asks(Site(str(program), line), "acquire" if "acquire(" in source else "empty")


@pytest.mark.parametrize(
    "source",
    [
        "while q.empty():  # here\n    pass\nwork(q.get())\n",
        "while self.queues[0].empty():  # here\n    print('nothing yet')\n    time.sleep(0.1)\n",
        "while True:\n    if not q.empty():  # here\n        work(q.get())\n",
        "while len(found) < 2:\n    time.sleep(1)\n    if not q.empty():  # here\n        found.append(q.get())\n",
        "while True:\n    if q.empty():  # here\n        pass\n        continue\n    if use(q.get()):\n        break\n",
        "while True:\n    if q.empty():  # here\n        time.sleep(1)\n    else:\n        break\n",
        "while not lock.acquire(False):  # here\n    time.sleep(1)\n",
        "while not self.permits.acquire(timeout=self.pause):  # here\n    print('busy')\n",
        "while True:\n    if lock.acquire(block=False):  # here\n        work()\n        break\n    time.sleep(1)\n",
        "while True:\n    if not lock.acquire(timeout=1):  # here\n        continue\n    work()\n    break\n",
    ],
)
def test_a_loop_that_ends_only_with_an_item(source: str, tmp_path: Path) -> None:
    assert asks(tmp_path, source)


@pytest.mark.parametrize(
    "source",
    [
        "while q.empty() and p.is_alive():  # here\n    pass\n",
        "while not q.empty():  # here\n    work(q.get())\n",
        "while q.empty():  # here\n    work()\n",
        "while q.empty():  # here\n    if time.time() > end:\n        break\n",
        "while q.empty():  # here\n    time.sleep(next(delays))\n",
        "while choose().empty():  # here\n    pass\n",
        "while running:\n    if not q.empty():  # here\n        work(q.get())\n",
        "while True:\n    if not q.empty():  # here\n        work(q.get())\n    else:\n        break\n",
        "while True:\n    if not q.empty() or over:  # here\n        break\n",
        "while True:\n    if not q.empty():  # here\n        work(q.get())\n    if not p.is_alive():\n        break\n",
        "while True:\n    if not q.empty():  # here\n        work(q.get())\n    if not r.empty():\n        break\n",
        "while True:\n    if q.empty():  # here\n        time.sleep(1)\n    work()\n",
        "while True:\n    tries += 1\n    if not q.empty():  # here\n        break\n",
        "while True:\n    if q.empty():  # here\n        break\n    work(q.get())\n",
        "for _ in range(9):\n    q.empty()  # here\n",
        "while lock.acquire(False):  # here\n    pass\n",
        "while not lock.acquire(timeout=left()):  # here\n    pass\n",
        "while not lock.acquire(False) and tries():  # here\n    pass\n",
        "while True:\n    if lock.acquire(False):  # here\n        break\n    if time.time() > end:\n        break\n",
        "while not lock.acquire(False):  # here\n    lock = Lock()\n",
    ],
)
def test_a_loop_that_may_end_without_an_item(source: str, tmp_path: Path) -> None:
    assert not asks(tmp_path, source)
