"""Processes with the same name can be told apart."""

from __future__ import annotations

from rockproc.observer.trackers.process_names import ProcessNames


def test_equal_names_are_numbered() -> None:
    names = ProcessNames()
    assert [names.name(key, "twin") for key in (1, 2, 3)] == ["twin", "twin#2", "twin#3"]
    assert names.name(2, "twin") == "twin#2"
    assert names.name(4, "other") == "other"


def test_a_name_that_is_given_up_is_free_again() -> None:
    names = ProcessNames()
    for key in (1, 2, 3):
        names.name(key, "twin")
    assert names.name(2, "renamed") == "renamed"
    names.keep({2, 3})
    assert [names.name(key, "twin") for key in (4, 5, 6)] == ["twin", "twin#2", "twin#4"]
