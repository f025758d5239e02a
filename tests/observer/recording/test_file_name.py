from __future__ import annotations

import time

import pytest
from rockproc.observer.recording.file_name import file_name

AT = time.strptime("2026-01-31 23:59:59", "%Y-%m-%d %H:%M:%S")


@pytest.mark.parametrize(
    ("script", "stem"),
    [
        ("two_locks.py", "two_locks"),
        ("/a/folder/x%D%n.py", "x%D%n"),
        ("a\0b.py", "a_b"),
        ("\udcff\x1b[31m.py", "__[31m"),
        ("", "run"),
        ("n" * 500 + ".py", "n" * 100),
    ],
)
def test_any_script_gives_a_name_that_a_file_can_have(script: str, stem: str) -> None:
    assert file_name(script, AT) == f"{stem}-20260131-235959.rockproc"
