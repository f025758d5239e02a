"""Each kind of record reaches a tracker, unless it is enough that cells count its operation."""

from __future__ import annotations

from pathlib import Path

from rockproc.observer.run.observer import Observer
from rockproc.probe.layout import OPERATION_RECORDS, Kind

KINDS = {number for name, number in vars(Kind).items() if name.isupper()}


def test_each_kind_of_record_has_a_handler(tmp_path: Path) -> None:
    handled = set(Observer(tmp_path, 0, paced=False)._handlers)  # pyright: ignore[reportPrivateUsage]
    assert handled <= KINDS
    # Pieces of texts belong to later records, and the first record of a journal is read when the journal is found.
    assert KINDS - handled - OPERATION_RECORDS == {Kind.TEXT, Kind.PROBE_STARTED}


def test_only_counted_operations_have_no_handler(tmp_path: Path) -> None:
    handled = set(Observer(tmp_path, 0, paced=False)._handlers)  # pyright: ignore[reportPrivateUsage]
    counted_only = {Kind.JOINED, Kind.WAITED, Kind.READ}
    assert OPERATION_RECORDS - handled == counted_only
