"""The source tells a signal handler that leaves a loop alone from one that may end it."""

from __future__ import annotations

from pathlib import Path

import pytest
from rockproc.observer.model import Site
from rockproc.observer.source.loop_enders import may_end_loop

LOOP = "while len(found) < 2:\n    try:\n        found.append(results.get_nowait())\n    except Empty:\n        pass\n"


def may_end(folder: Path, handler: str) -> bool:
    """Return the answer for a handler in the first line of a program, and a loop that begins in the last but four."""
    program = folder / "program.py"
    program.write_text(handler + LOOP)
    return may_end_loop(Site(str(program), 1), Site(str(program), handler.count("\n") + 3))


@pytest.mark.parametrize(
    "handler",
    [
        "signal.signal(signal.SIGTERM, lambda *_: None)\n",
        "def stop(number, frame):\n    print('still busy', number)\n",
        "def stop(*_):\n    global asked\n    asked = time.time()\n    log.info(str(asked))\n",
        "def stop(*_):\n    over.set()\n",
        "def stop(*_):\n    told()\n\ndef told():\n    print('told')\n",
    ],
)
def test_a_handler_that_leaves_the_loop_alone(handler: str, tmp_path: Path) -> None:
    assert not may_end(tmp_path, handler)


@pytest.mark.parametrize(
    "handler",
    [
        "def stop(*_):\n    raise SystemExit\n",
        "def stop(*_):\n    sys.exit()\n",
        "def stop(*_):\n    os._exit(0)\n",
        "def stop(*_):\n    print(results)\n",
        "def stop(*_):\n    global found\n    found = [1, 2]\n",
        "def stop(*_):\n    self.over = True\n",
        "def stop(*_):\n    state['over'] = 1\n",
        "def stop(*_):\n    over()\n",
        "def stop(over, _):\n    over()\n",
        "def stop(*_):\n    outbox.put(None)\n",
        "def stop(*_):\n    Process(target=work).start()\n",
        "def stop(*_):\n    told()\n\ndef told():\n    sys.exit()\n",
        "x = 1\n",
    ],
)
def test_a_handler_that_may_end_the_loop(handler: str, tmp_path: Path) -> None:
    assert may_end(tmp_path, handler)


def test_a_handler_whose_source_is_not_there(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(LOOP)
    assert may_end_loop(Site(str(tmp_path / "missing.py"), 1), Site(str(program), 3))
    assert may_end_loop(Site(str(program), 1), Site(str(tmp_path / "missing.py"), 3))
