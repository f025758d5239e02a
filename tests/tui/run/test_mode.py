from __future__ import annotations

import pytest
from rockproc.tui.run.mode import TRANSITIONS, IllegalTransition, Mode, changed


def test_a_run_is_paused_rewound_and_followed_again() -> None:
    mode = Mode.LIVE
    for after in (Mode.PAUSED, Mode.REWOUND, Mode.LIVE, Mode.ENDING, Mode.REWOUND, Mode.ENDING, Mode.LIVE):
        mode = changed(mode, after)
    assert mode is Mode.LIVE


@pytest.mark.parametrize("after", [mode for mode in Mode if mode is not Mode.REPLAY])
def test_a_recording_is_replayed_until_its_screen_closes(after: Mode) -> None:
    with pytest.raises(IllegalTransition):
        changed(Mode.REPLAY, after)


def test_every_mode_has_its_transitions() -> None:
    assert TRANSITIONS.keys() == set(Mode)
    assert changed(Mode.REPLAY, Mode.REPLAY) is Mode.REPLAY
