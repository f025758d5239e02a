"""The statement before `join()` shows that the process was terminated."""

from __future__ import annotations

from pathlib import Path

import pytest
from rockproc.observer.source.terminated_before import terminated_before


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("p.terminate()\np.join()  # here\n", True),
        ("def f():\n    self.worker.terminate()\n    self.worker.join(\n    )  # here\n", True),
        ("for p in all:\n    p.terminate()\nfor each in all:\n    each.join()  # here\n", True),
        ("for p in all:\n    p.terminate()\n    p.join()  # here\n", True),
        ("q.terminate()\np.join()  # here\n", False),
        ("for p in some:\n    p.terminate()\nfor p in all:\n    p.join()  # here\n", False),
        ("if late:\n    p.terminate()\np.join()  # here\n", False),
        ("p.terminate()\nprint()\np.join()  # here\n", False),
        ("p.join()  # here\n", False),
        ("p.terminate(\n", False),
    ],
)
def test_terminated_before(source: str, expected: bool, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(source)
    line = next((at for at, text in enumerate(source.splitlines(), 1) if text.endswith("# here")), 1)
    assert terminated_before(str(program), line) is expected


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert not terminated_before(str(tmp_path / "none.py"), 1)
