"""The recording of a run in progress: it takes what every poll finds, and can show any moment of the run."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from ..model import Snapshot, World
from ..scenarios.catalog import text_of
from ..scenarios.launch import Launch
from .block_file import BlockFile
from .format import End, Head
from .history import History, Lanes, Pending
from .recorder import Recorder


class LiveRecording:
    """Callers of its methods hold the lock of the run. Only `history` may be used without it."""

    def __init__(
        self,
        launch: Launch,
        world: World,
        snapshot: Callable[[], Snapshot],
        path: Path | None,
        last_bytes: int | None = None,
    ) -> None:
        """Begin. Raises OSError.

        Args:
            launch: what is run.
            world: its state.
            snapshot: makes a snapshot of the state.
            path: where the recording is kept; without it, in a file without a name.
            last_bytes: what the file may hold at most; its oldest part is then dropped.
        """
        self._world, self._snapshot = world, snapshot
        self._file = file = BlockFile.write(path, last_bytes)
        self._recorder: Recorder | None = Recorder(file, head_of(launch))
        recorder = self._recorder
        self.history = History(file, self._lanes, lambda: Pending(list(recorder.pending), recorder.has))
        self._noted = -1
        """The version of the world that was written down last."""

    def _lanes(self) -> Lanes:
        world = self._world
        return Lanes(world.marks, world.commands, dict(world.spans), world.thread_changes)

    def note(self, end: End | None = None) -> str:
        """Record what is new, and return what went wrong. If the disk is full, the run continues without a recording.

        Args:
            end: the results, once the run is over.
        """
        recorder, world = self._recorder, self._world
        if recorder is None:
            return ""
        if world.version == self._noted and not recorder.pending and end is None:
            recorder.pass_over(world.now)
            return ""
        self._noted = world.version
        try:
            recorder.take(self._snapshot())
            if end is not None:
                recorder.finish(end)
        except OSError as error:
            self._recorder = None
            return f"the recording stopped at {world.now:.1f} s: {error}"
        return ""

    def write_until(self, now: float) -> None:
        """Write everything that is known up to `now` to the file. Raises OSError."""
        if self._recorder is not None:
            self._recorder.flush()
            self._recorder.pass_over(now, force=True)

    def save(self, path: Path) -> None:
        """Save what has been written so far; this needs no lock. Raises OSError."""
        self._file.save(path)


def head_of(launch: Launch) -> Head:
    source = "" if launch.module else text_of(Path(launch.folder or "") / launch.script)
    return Head(
        script=launch.script,
        args=list(launch.args),
        python=launch.python,
        start_method=launch.start_method,
        detail=launch.detail,
        module=launch.module,
        source=source,
        began=time.time(),
    )
