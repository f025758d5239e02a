"""Processes with equal names get distinct names."""

from __future__ import annotations

from rockproc.observer.model.keys import ProcessKey
from rockproc.observer.trackers.process_names import ProcessNames

FIRST, SECOND, THIRD, FOURTH, FIFTH, SIXTH = map(ProcessKey, range(1, 7))


def test_equal_names_are_numbered() -> None:
    names = ProcessNames()
    assert [names.name(key, "twin") for key in (FIRST, SECOND, THIRD)] == ["twin", "twin#2", "twin#3"]
    assert names.name(SECOND, "twin") == "twin#2"
    assert names.name(FOURTH, "other") == "other"


def test_a_released_name_can_be_used_again() -> None:
    names = ProcessNames()
    for key in (FIRST, SECOND, THIRD):
        names.name(key, "twin")
    assert names.name(SECOND, "renamed") == "renamed"
    names.keep({SECOND, THIRD})
    assert [names.name(key, "twin") for key in (FOURTH, FIFTH, SIXTH)] == ["twin", "twin#2", "twin#4"]
