from __future__ import annotations

import pytest
from rockproc.observer.model import Process, State
from rockproc.observer.model.keys import ProcessKey
from rockproc.widgets.bases.view import state_glyph


@pytest.mark.parametrize("state", [State.ZOMBIE, State.JOINED, State.GONE])
def test_only_a_process_that_failed_looks_like_one(state: State) -> None:
    process = Process(ProcessKey(1), "worker", state=state)
    for exitcode, glyph in ((0, "✓"), (1, "✖"), (-9, "✖")):
        process.exitcode = exitcode
        assert state_glyph(process)[0] == glyph
