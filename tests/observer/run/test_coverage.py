"""Statements about unobserved processes must hold for those that are no longer listed, too."""

from __future__ import annotations

from msgspec.structs import replace
from rockproc.observer.model.coverage import coverage_of
from rockproc.observer.model.forgotten import Forgotten

from tests.fakes import snapshot


def test_unobserved_processes_that_are_no_longer_listed_do_not_count_as_observed() -> None:
    listed = coverage_of(snapshot())
    coverage = coverage_of(replace(snapshot(), forgotten=Forgotten(processes=5, unobserved=2)))
    assert coverage.processes == listed.processes + 5
    assert coverage.observed == listed.observed + 3
