"""An opened recording, with the interface of a run except for changes to the program."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from ..kernel.signals import signal_name
from ..kernel.stacks import ThreadStacks
from ..model import Command, Intervention, Plan, Snapshot, Stream
from ..model.keys import ProcessKey
from ..scenarios import catalog
from ..scenarios.catalog import Scenario
from ..scenarios.launch import Launch
from . import conversion
from .block_file import BlockFile
from .errors import RecordingError
from .format import Delta, End, Has, Head, Outline, decode, decode_deltas
from .history import History, Lanes, Pending

_NOTHING_LIVES = "this is a recording: no process is alive"
_MAX_EVENTS = 1_000_000
_MAX_SPANS = 3_000_000


class Replay:
    """Raises OSError, and RecordingError if the file is no recording or has no readable part."""

    recorded = True

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = BlockFile.read(path)
        self.damage = self._file.damage
        """The damage of the file after its last readable moment; empty if there is none."""
        self.head = decode(self._file.head, Head)
        self.lanes = Lanes(Stream(_MAX_EVENTS), Stream(_MAX_EVENTS), {}, Stream(_MAX_EVENTS))
        self._load()
        end = self._end()
        self.exit_code = end.exit_code if end else None
        self.exit_signal = end.exit_signal if end else None
        self._totals = end.totals if end else (0, 0, 0)
        self._faults = end.faults if end else []
        self.end = max(self._file.blocks[-1].end if self._file.blocks else 0.0, end.at if end else 0.0)
        """Seconds from the launch to the last moment."""
        self.history: History | None = History(self._file, lambda: self.lanes, lambda: Pending([], 0))
        self._last = self.history.at(self.end)
        self.ended = threading.Event()
        self.ended.set()

    def _end(self) -> End | None:
        if self._file.end is None:
            self.damage = self.damage or f"was not ended: it goes to {self._file.blocks[-1].end:.1f} s"
            return None
        return decode(self._file.bytes_of(self._file.end), End)

    def _load(self) -> None:
        """Load what is held in memory for the whole run, up to the first block that cannot be read."""
        blocks, count = self._file.blocks, 0
        for index, block in enumerate(blocks):
            try:
                raw = self._file.bytes_of(block)
                if not block.has & (Has.MARKS | Has.SPANS | Has.COMMANDS):
                    continue
                deltas = decode_deltas(raw, Outline)
            except RecordingError as error:
                self.damage = f"{error}, after {block.begin:.1f} s"
                del blocks[index:]
                self._file.end = None
                break
            count += sum(len(lane.spans) for delta in deltas for lane in delta.spans.values())
            if count > _MAX_SPANS:
                raise RecordingError("is damaged: it has more state intervals than a run can have")
            for delta in deltas:
                for mark in delta.marks:
                    self.lanes.marks.append(conversion.MARK.read(mark))
                for command in delta.commands:
                    self.lanes.commands.append(conversion.COMMAND.read(command))
                for change in delta.threads:
                    self.lanes.threads.append(conversion.THREAD_CHANGE.read(change))
                for process, lane in delta.spans.items():
                    key = ProcessKey(process)
                    spans, first = self.lanes.spans.get(key), max(lane.first, 0)
                    if spans is None or first < spans.first:
                        # A recording of the last part of a run does not have those before.
                        spans = self.lanes.spans[key] = Stream(_MAX_EVENTS, (first, []))
                    while spans.total > first:
                        spans.take_last()
                    for span in lane.spans:
                        spans.append(conversion.INTERVAL.read(span))
        if not blocks:
            raise RecordingError("holds no moment that can be read")

    @property
    def launch(self) -> Launch:
        head = self.head
        return Launch(
            head.script,
            tuple(head.args),
            head.python,
            start_method=head.start_method,
            module=head.module,
            detail=head.detail,
        )

    @property
    def scenario(self) -> Scenario:
        """Return the scenario from the source in the recording, since the file may be missing or have changed."""
        source = self.head.source if len(self.head.source) <= catalog.MAX_BYTES else ""
        return catalog.read(Path(self.head.script), source)

    def deltas(self) -> Iterator[Delta]:
        """Yield all deltas in the order of time."""
        for block in self._file.blocks:
            yield from decode_deltas(self._file.bytes_of(block), Delta)

    def start(self) -> None:
        """Do nothing: there is no program to start."""

    def snapshot(self) -> Snapshot:
        """Return the last moment."""
        return self._last

    def totals(self) -> tuple[int, int, int]:
        return self._totals

    def faults(self) -> list[str]:
        return self._faults

    def signal(self, process_key: ProcessKey, number: int) -> Command:  # noqa: ARG002
        return self._refused(number)

    def plan(self, intervention: Intervention) -> Plan:  # noqa: ARG002
        return Plan("", _NOTHING_LIVES)

    def intervene(self, intervention: Intervention) -> Command:  # noqa: ARG002
        return Command(self.end, "# intervene", _NOTHING_LIVES)

    def signal_all(self, number: int) -> Command:
        return self._refused(number)

    def await_news(self, known: Snapshot, notify: Callable[[], None]) -> None:
        """Do nothing: a recording does not change."""

    def stacks(self, process_key: ProcessKey) -> ThreadStacks:
        return ThreadStacks(
            process_key, self.end, problem="A recording has no stacks: they are read from a living process."
        )

    def _refused(self, number: int) -> Command:
        return Command(self.end, f"os.kill(…, signal.{signal_name(number)})", _NOTHING_LIVES)

    def save(self, path: Path) -> None:
        self._file.save(path)

    def stop(self) -> None:
        """Do nothing: there is no program to stop."""
