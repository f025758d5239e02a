"""Programs that use more of managers than `multiprocessing.Manager()`."""

from __future__ import annotations

from pathlib import Path

import pytest
from rockproc.observer.source.manager_code import extends_managers


@pytest.mark.parametrize(
    ("source", "extends"),
    [
        ("import multiprocessing\nqueue = multiprocessing.Manager().Queue()\n", False),
        ("import atexit, sqlite3\natexit.register(sqlite3.connect('x').close)\nManager()\n", False),
        ("from multiprocessing.managers import SyncManager\n", True),
        ("import multiprocessing.managers as m\nclass Own(m.BaseManager): ...\n", True),
        ("SyncManager.register('Queue', callable=get)\n", True),
        ("manager = Manager()\nsend(manager.address, bytes(current_process().authkey))\n", True),
        ("no Python (", True),
    ],
)
def test_a_manager_with_classes_or_users_of_its_own_is_recognised(source: str, extends: bool, tmp_path: Path) -> None:
    script = tmp_path / "program.py"
    script.write_text(source)
    assert extends_managers(str(script)) == extends


def test_nothing_is_assumed_of_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    assert extends_managers(str(tmp_path / "none.py"))
