"""The lanes of a run: what each process was doing over time, drawn into one line of cells for each process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter

from rockproc.observer.model import (
    USER,
    Finding,
    Message,
    MessageEvent,
    Process,
    StateInterval,
    ThreadCpu,
    TimelineMark,
    Verdict,
    Wait,
)
from rockproc.observer.model.keys import LockKey, ProcessKey

from ..formatting.cells import Cells
from ..formatting.lane import NOTHING, Lane, LaneState
from ..formatting.sanitize import sanitize, shorten, width
from ..formatting.time_window import Lens, RulerMark, Window
from ..formatting.timed_events import TimedEvents
from .view import SEVERITY_GLYPHS, View

Line = list[tuple[str, str]]
"""The cells of a lane: the glyph and the role of each column."""

GLYPHS = {
    LaneState.RUNS: ("━", "run"),
    LaneState.WAITS: ("╌", "wait"),
    LaneState.STOPPED: ("‖", "stop"),
    LaneState.ZOMBIE: ("░", "dead"),
    LaneState.SLEEPS: ("┄", "dim"),
}
_CELLS = [*(GLYPHS[state] for state in LaneState), (" ", "")]
assert len(_CELLS) == NOTHING + 1
DEAD_WAIT = ("═", "dead")
BOOTSTRAP = ("┊", "dim")
SENDS, RECEIVES = ("●", "message"), ("○", "message")
SIGNAL, KILLED, FAILED, ENDED = ("↯", "warn"), ("✖", "dead"), ("✖", "dead"), ("✓", "dim")
INTERVENTION = ("▼", "accent")
HOLD = "▀"
_MEANINGS = {
    "═": "waits forever",
    "▀": "holds a lock",
    "╌": "waits",
    "┄": "sleeps",
    "━": "runs",
    "●": "sends",
    "○": "gets",
    "↯": "signal",
    "░": "zombie",
    "‖": "stopped",
    "✖": "killed or failed",
    "✓": "ended",
    "┊": "starts",
}
"""The meaning of each glyph. Those come first that need an explanation most."""
HELP = (
    "┊ bootstrap   ━ runs   ┄ sleeps   ╌ waits (for what is written into the lane)   ═ waits forever\n"
    "▀ above a lane: holds that lock   ‖ stopped   ░ zombie, not joined   ● sends or puts   ○ receives or gets\n"
    "↯ signal   ✖ killed or failed   ✓ ended   on the ruler: ✖ ⚠ a finding appeared, ▼ you have intervened"
)
_DEADLOCK, _HOLDER_DIED, _TASK_LOST = "deadlock", "holder-died", "task-lost"
_NAMED_WAIT_PADDING = 4
"""The number of cells besides the name of the awaited object that a wait needs for the name to be shown."""
_MIN_SHORTENED_NAME = 4
"""The least number of cells of a shortened name."""
_MAX_UNSEEN_SECONDS = 0.5
"""The largest age of the previous view at which a release is dated to the view that shows it first."""

_MAX_FINE_LANES = 12
"""The number of lanes up to which the scale changes in small steps."""
_MAX_HOLDS = 500
"""The number of holds of one process that are kept."""


class Hold:
    """An interval in which a process held a lock, as the views have shown it."""

    __slots__ = ("begin", "end", "lock", "name", "seen")

    def __init__(self, lock: LockKey, name: str, begin: float, seen: float) -> None:
        self.lock, self.name, self.begin, self.seen = lock, name, begin, seen
        self.end: float | None = None


class LaneChart:
    """Reads views and draws lanes, without being a widget: the timeline and the list of processes share it."""

    def __init__(self) -> None:
        self.lens = Lens()
        self.moment: float | None = None
        """The moment of the time cursor, in seconds since launch."""
        self.shows_messages = True
        self.message: Message | None = None
        """The message that the user has selected."""
        self._clear()

    def _clear(self) -> None:
        self.marks: dict[int, TimedEvents[TimelineMark]] = {}
        self.messages: dict[int, TimedEvents[MessageEvent]] = {}
        self._lanes: dict[int, Lane] = {}
        self._signals: dict[int, TimedEvents[TimelineMark]] = {}
        self._bootstraps: dict[int, list[float]] = {}
        """The moments at which `run()` began, for each process."""
        self._threads: dict[int, dict[int, Lane]] = {}
        """The lanes of threads beside the main thread, for each process, by `ThreadChange.thread`."""
        self.thread_cpu: dict[tuple[int, int], ThreadCpu] = {}
        """The CPU of each thread as sampled last, by its process and its number."""
        self._holds: dict[int, list[Hold]] = {}
        self._held: dict[tuple[int, int, float], Hold] = {}
        """The holds that have not ended, by lock, process and beginning."""
        self._holds_known: set[tuple[int, int, float]] = set()
        self._holds_read_at = 0.0
        self._marks_read = self._messages_read = self._first_message = self._threads_read = 0
        self._version: int | None = None
        """The version of the snapshot that was read last."""
        self._end = 0.0

    def reset(self) -> None:
        self.lens, self.moment, self.message = Lens(), None, None
        self._clear()

    # Reading

    def read(self, view: View, processes: list[Process]) -> None:
        """Read what is new in a view, before its streams drop it."""
        self._read_marks(view)
        self._read_messages(view)
        self._read_threads(view)
        self.note_holds(view)
        version = view.snapshot.version
        if version is None or version != self._version:
            self._version = version
            for process in processes:
                self._lane(process, view, soon=False)
        self._end = max(self._end, view.now)

    def _read_marks(self, view: View) -> None:
        first, marks = view.snapshot.marks.since(self._marks_read)
        self._marks_read = first + len(marks)
        for mark in marks:
            self.marks.setdefault(mark.process, TimedEvents()).add(mark.at, mark)
            if mark.kind == "signal":
                self._signals.setdefault(mark.process, TimedEvents()).add(mark.at, mark)
            elif mark.kind == "run":
                self._bootstraps.setdefault(mark.process, []).append(mark.at)

    def _read_messages(self, view: View) -> None:
        messages = view.snapshot.messages
        if messages.first < self._first_message or messages.first > self._messages_read:
            # The view shows another part of a long run, of which only some messages were read.
            self.messages, self._messages_read, self._first_message = {}, 0, messages.first
        first, events = messages.since(self._messages_read)
        self._messages_read = first + len(events)
        for event in events:
            channel = view.channels.get(event.message.channel)
            # A feeder thread sends later what was put: no line of the program does that.
            if event.by_hand and not (channel is not None and channel.internal):
                self.messages.setdefault(event.process, TimedEvents()).add(event.at, event)

    def _read_threads(self, view: View) -> None:
        first, changes = view.snapshot.thread_changes.since(self._threads_read)
        self._threads_read = first + len(changes)
        for change in changes:
            lane = self._threads.setdefault(change.process, {}).setdefault(change.thread, Lane())
            lane.put(StateInterval(change.process, change.at, None, change.state, change.text))

        if view.moment is None:
            for process in view.snapshot.processes:
                for thread in process.thread_cpu:
                    self.thread_cpu[process.key, thread.number] = thread

    def threads(self, process: Process) -> list[int]:
        """Return the threads of a process that have lanes, in the order in which they appeared."""
        return list(self._threads.get(process.key, ()))

    def note_holds(self, view: View) -> None:
        """Collect the holders of locks, also of a view that is not drawn: the model knows only the present holders."""
        now = view.now
        found = {(lock.key, hold.process, hold.since): lock for lock in view.snapshot.locks for hold in lock.holders}
        for key, lock in found.items():
            if key not in self._holds_known:
                self._holds_known.add(key)
                holds = self._holds.setdefault(key[1], [])
                holds.append(Hold(lock.key, lock.name, key[2], now))
                self._held[key] = holds[-1]
                if len(holds) > 2 * _MAX_HOLDS:
                    del holds[:_MAX_HOLDS]
            if key in self._held:
                self._held[key].seen = max(self._held[key].seen, now)
        if now >= self._holds_read_at:
            for key in [key for key in self._held if key not in found]:
                hold = self._held.pop(key)
                hold.end = now if now - self._holds_read_at < _MAX_UNSEEN_SECONDS else hold.seen
            self._holds_read_at = now

    def _lane(self, process: Process, view: View, *, soon: bool = True) -> Lane:
        lane = self._lanes.get(process.key)
        if lane is None:
            lane = self._lanes[process.key] = Lane()
        lane.update(view.intervals(process.key), soon=soon)
        return lane

    # Drawing

    def window(self, view: View, columns: int) -> Window:
        fine = len(view.snapshot.processes) <= _MAX_FINE_LANES
        return self.lens.window(view.now, max(columns, 1), fine=fine)

    def cursor_at(self, view: View) -> float | None:
        """Return the moment of the cursor, or None if it lies in the future of a rewound view."""
        return self.moment if self.moment is not None and self.moment <= view.now else None

    def line(self, process: Process, view: View, window: Window) -> Line:
        """Draw the lane of one process."""
        lane = self._lane(process, view)
        rewound = view.moment is not None
        now = max(self._end, lane.end) if rewound else view.now
        states = lane.states(window, now)
        line = [_CELLS[state] for state in states]
        self._draw_bootstrap(process, line, window, now)
        _draw_dead_wait(dead_since(process, view), view, line, states, window)
        _write_waits(lane, line, states, window)
        if self.shows_messages:
            self._draw_messages(process, line, window, now)
        signals = self._signals.get(process.key)
        for place, _ in signals.first_in_columns(window, now) if signals is not None else ():
            line[place] = SIGNAL
        if process.ended is not None and process.ended <= now and window.holds(process.ended):
            line[window.column(process.ended)] = KILLED if process.signal or process.exitcode else ENDED
        return _dimmed(line, view, window) if rewound else line

    def thread_line(self, process: Process, thread: int, view: View, window: Window) -> Line:
        """Draw the lane of a thread beside the main thread: blank where it is not known what the thread does."""
        lane = self._threads[process.key][thread]
        rewound = view.moment is not None
        now = max(self._end, lane.end) if rewound else view.now
        states = lane.states(window, now if process.ended is None else min(process.ended, now))
        line = [_CELLS[state] for state in states]
        wait = next((wait for wait in process.waits if wait.thread == thread), None)
        _draw_dead_wait(_endless_since(process, wait, view), view, line, states, window)
        _write_waits(lane, line, states, window)
        return _dimmed(line, view, window) if rewound else line

    def _draw_bootstrap(self, process: Process, line: Line, window: Window, now: float) -> None:
        begin = process.started if process.started is not None else process.created
        if begin is None or begin > now:
            return
        moments = self._bootstraps.get(process.key, ())
        end = next((moment for moment in moments if moment > begin), begin)
        for place in range(max(window.column(begin), 0), min(window.column(min(end, now)) + 1, len(line))):
            if line[place][0] in " ━" or place == window.column(begin):
                line[place] = BOOTSTRAP

    def _draw_messages(self, process: Process, line: Line, window: Window, now: float) -> None:
        messages = self.messages.get(process.key)
        if messages is None:
            return
        found = list(messages.first_in_columns(window, now))
        if len(found) > window.columns // 4:  # so many would hide the states
            return
        for place, event in found:
            line[place] = RECEIVES if event.op == "received" else SENDS

    def has_holds(self, process: Process, view: View, window: Window) -> bool:
        """Return True if `holds` would draw anything."""
        return any(_is_visible(hold, view, window) for hold in reversed(self._holds.get(process.key, ())))

    def holds(self, process: Process, view: View, window: Window) -> Line:
        """Draw the locks that a process held, for the line above its lane. Without any, the result is empty."""
        line: Line = []
        for hold in self._holds.get(process.key, ()):
            if not _is_visible(hold, view, window):
                continue
            first, last = window.column(hold.begin), window.column(_end(hold, view))
            line = line or [(" ", "")] * window.columns
            role = lock_role(hold.lock, view)
            begin, stop = max(first, 0), min(last + 1, window.columns)
            line[begin:stop] = [(HOLD, role)] * (stop - begin)
            name = shorten(sanitize(hold.name), 40)
            if stop - begin >= len(name) + 2:
                line[begin + 1 : begin + 1 + len(name)] = [(letter, role) for letter in name]
        return line

    def ruler_marks(self, view: View) -> list[RulerMark]:
        """Return the moments at which the user has intervened, and those at which findings appeared."""
        acts = self.marks.get(USER)
        return [
            *(RulerMark(mark.at, *INTERVENTION) for mark in (acts.between(0.0, self._end) if acts is not None else ())),
            *(
                RulerMark(finding.at, *SEVERITY_GLYPHS[finding.severity])
                for finding in view.snapshot.findings
                if finding.severity != "info"
            ),
        ]

    def with_cursor(self, line: Line, view: View, window: Window) -> Line:
        at = self.cursor_at(view)
        if at is not None and window.holds(at) and line:
            place = window.column(at)
            glyph, role = line[place]
            line[place] = ("│", "dim+moment") if glyph == " " else (glyph, f"{role}+moment")
        return line


def _end(hold: Hold, view: View) -> float:
    return view.now if hold.end is None else min(hold.end, view.now)


def _is_visible(hold: Hold, view: View, window: Window) -> bool:
    """Return True if a part of a hold lies in a window, and not in the future of a rewound view."""
    last = window.column(_end(hold, view))
    return last >= 0 and window.column(hold.begin) < window.columns and hold.begin <= view.now


def dead_since(process: Process, view: View) -> float | None:
    """Return since when a process has been in a wait that can never end, or None."""
    return _endless_since(process, process.main_wait, view)


def _endless_since(process: Process, wait: Wait | None, view: View) -> float | None:
    """Return since when a thread of a process has been in a wait that can never end, or None."""
    if wait is None or not any(_proves(finding, process.key, wait) for finding in view.snapshot.findings):
        return None
    return wait.since


def _draw_dead_wait(since: float | None, view: View, line: Line, states: bytearray, window: Window) -> None:
    """Mark a wait that a finding proves to be without end, from its beginning on."""
    if since is None:
        return
    for place in range(max(window.column(since), 0), min(window.begun(view.now), len(line))):
        if states[place] in (LaneState.WAITS, LaneState.SLEEPS):
            line[place] = DEAD_WAIT


def _dimmed(line: Line, view: View, window: Window) -> Line:
    """Return a lane of a rewound view, in which the future is faint."""
    begun = window.begun(view.now)
    return [(glyph, "faint" if place >= begun else role) for place, (glyph, role) in enumerate(line)]


def _proves(finding: Finding, process: ProcessKey, wait: Wait) -> bool:
    """Return whether a finding proves that a wait never ends. A suspected finding names what might end it."""
    if not finding.active or finding.severity != "error" or finding.verdict is Verdict.SUSPECTED:
        return False
    if finding.rule == _HOLDER_DIED:  # its process is the one that has ended
        return wait.key in finding.objects and wait.timed is False
    if finding.rule == _TASK_LOST:  # likewise; others may wait for results of the same pool that will come
        return wait.key in finding.objects and wait.timed is False and wait.site == finding.site
    if process not in finding.processes:
        return False
    return finding.rule == _DEADLOCK or wait.key in (*finding.objects, *finding.processes)


def lock_role(lock: LockKey, view: View) -> str:
    """Return the role of the colour of a lock, which depends on its place in the list of locks."""
    return f"lock-{list(view.locks).index(lock) % 3}" if lock in view.locks else "name"


def _write_waits(lane: Lane, line: Line, states: bytearray, window: Window) -> None:
    """Write the name of the awaited object into every wait that is long enough for it."""
    place = 0
    for state, group in groupby(states):
        length = len(list(group))
        begin, place = place, place + length
        if state != LaneState.WAITS or length < _NAMED_WAIT_PADDING + 1:
            continue
        name = shorten(sanitize(lane.text(window.at(begin + length // 2)).partition(" ")[2]), 40)
        room = length - _NAMED_WAIT_PADDING
        if width(name) > room < _MIN_SHORTENED_NAME:
            continue
        name = shorten(name, room)
        if not name or width(name) != len(name):
            continue
        role = line[begin + 2][1]
        text = f" {name} "
        line[begin + 2 : begin + 2 + len(text)] = [(letter, role) for letter in text]


def joined(line: Line) -> Iterator[tuple[str, str]]:
    """Join neighbouring cells of one role."""
    for role, cells in groupby(line, key=itemgetter(1)):
        yield "".join(glyph for glyph, _ in cells), role


def legend(lines: Iterable[Line], room: int) -> str:
    """Return the meaning of the glyphs in some lanes, as far as there is room."""
    glyphs = {glyph for line in lines for glyph, _ in line}
    text = ""
    for glyph, meaning in _MEANINGS.items():
        entry = f"  {glyph} {meaning}"
        if glyph in glyphs and len(text) + len(entry) <= room:
            text += entry
    return text


def cells_of(line: Line) -> Cells:
    return tuple(joined(line))
