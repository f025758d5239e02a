"""The table of signal handlers is found again at the same distance, and searched where it is not there."""

from __future__ import annotations

import pytest
from rockproc.observer.attach import signal_table
from rockproc.observer.run.attached import AttachedRun

from .conftest import Start, look_until

SOURCE = """
    signal.signal(signal.SIGTERM, lambda *_: None)
    mp.Event().wait()
    """


def handled(pid: int) -> list[str]:
    run = AttachedRun(pid)
    try:
        return [handler.signal for handler in run.read().processes[0].handlers]
    finally:
        run.stop()


@pytest.mark.parametrize("version", ["3.11", pytest.param("3.14", marks=pytest.mark.slow)])
def test_the_table_is_found_by_its_distance_or_by_a_search(
    version: str, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signal_table, "_distances", distances := dict[int, int]())
    pid = start(SOURCE, version)
    look_until(pid, lambda snapshot: snapshot.processes[0].handlers)
    ((file, distance),) = distances.items()
    distances[file] = distance + 16
    assert handled(pid) == ["SIGTERM"]
    assert distances == {file: distance}

    def nowhere(_interpreter: object, _mappings: object) -> tuple[bytes, ...]:
        return ()

    monkeypatch.setattr(signal_table, "_areas", nowhere)
    assert handled(pid) == ["SIGTERM"]
