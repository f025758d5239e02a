"""The lines that the program has printed, with the process that printed each."""

from __future__ import annotations

from rockproc.observer.model import HELPER_ROLES, OutputLine
from rockproc.observer.recording import jumps
from rockproc.observer.recording.jumps import Wanted

from ..bases.panel import fact
from ..bases.rows import column
from ..bases.stream_panel import StreamPanel
from ..bases.view import EMPTY_VIEW, View
from ..formatting.cells import Cells
from ..formatting.sanitize import sanitize, shorten, width, wrap

_MARK_CELLS = 3
_STAMP_CELLS = 8
_MIN_NAME_CELLS, _MAX_NAME_CELLS = 6, 16
_MIN_COLUMNS_WITH_TIME = 56
_MIN_TEXT_CELLS = 8
_MAX_TEXT_CHARACTERS = 2_000


class Output(StreamPanel[OutputLine]):
    HELP = "Everything that was printed, by whom. ! marks stderr. Control characters are written out: \\x1b."
    BINDING_GROUP_TITLE = "Output"
    EMPTY = "Nothing printed yet."
    LIMIT = 200_000
    WRAPS = True
    NAME = "output"
    TITLE = "Output"
    NUMBER = 6
    NOTHING = "no output"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._name_cells = 0
        self.alone: tuple[int | None] | None = None
        """The pid of the only process whose lines are shown, in a tuple because it may be unknown."""

    def reset(self) -> None:
        self.alone = None
        super().reset()

    def has_content(self, view: View) -> bool:
        return view.snapshot.output.total > 0

    def preferred_rows(self, view: View, columns: int) -> int:
        return self.count() if columns == self.columns else view.snapshot.output.total

    def jump_target(self) -> Wanted:
        return jumps.output_lines()

    def show(self, view: View) -> None:
        # Helpers of multiprocessing seldom print: their long names take no room from the lines of the program.
        named = (process.name for process in view.snapshot.processes if process.role not in HELPER_ROLES)
        widest = max(map(width, named), default=0)
        if (name_cells := min(widest, _MAX_NAME_CELLS)) != self._name_cells:
            self._name_cells = name_cells
            self.split_again()
        self.take(view, view.snapshot.output)
        self._headline(view)

    def resized(self) -> None:
        super().resized()
        if self.view is not EMPTY_VIEW:
            self._headline(self.view)

    def _headline(self, view: View) -> None:
        total = view.snapshot.output.total
        what = f"  {total} line{'' if total == 1 else 's'}" if total else ""
        if self.alone is not None:
            back = view.key("one_process")
            what = f"  {self.named(self.alone[0])} alone  {self.kept} of {total} lines · {back} shows all"
        stamped = self.columns >= _MIN_COLUMNS_WITH_TIME
        columns = "at seconds, by process" if total and stamped else ""
        self.headline(f"{self.title}{what}", self.new_items_note, explains=columns)

    def wanted(self, item: OutputLine) -> bool:
        return self.alone is None or item.pid == self.alone[0]

    def choose(self) -> None:
        """Show only the process of the selected line, or all again. The line stays selected."""
        item = self.item
        if self.alone is None and item is None:
            return
        self.alone = (item.pid,) if self.alone is None and item is not None else None
        follow, self._seen = self.follow, 0
        self.clear()
        self.show(self.view)
        if not follow and item is not None:
            self.go_to(next(index for index, line in enumerate(self._items) if line is item))

    def text(self, item: OutputLine) -> str:
        return f"{self.named(item.pid)} {sanitize(item.text, 100_000)}"

    def named(self, pid: int | None) -> str:
        """Return the name of a process as the list of processes has it."""
        process = self.view.by_pid.get(pid) if pid is not None else None
        return sanitize(process.name) if process is not None else "?" if pid is None else str(pid)

    def empty(self) -> str:
        return self.EMPTY if self.view.live else "The program printed nothing."

    def _who(self, item: OutputLine) -> tuple[str, str]:
        process = self.view.by_pid.get(item.pid) if item.pid is not None else None
        if process is not None:
            return process.name, self.view.roles[process.key]
        return ("" if item.pid is None else str(item.pid)), "dim"

    def parts(self, item: OutputLine) -> int:
        return len(self._lines(item))

    def cells(self, item: OutputLine) -> Cells:
        return self.part_cells(item, 0)

    def part_cells(self, item: OutputLine, part: int) -> Cells:
        name_width, stamp_width, _ = self._widths()
        name, role = self._who(item)
        error = item.stream == "stderr"
        lines = self._lines(item)
        text = lines[part] if part < len(lines) else ""
        body = (text, "bad" if error else "")
        if part:
            return (" " * (stamp_width + name_width + _MARK_CELLS), ""), body
        stamp = f"{item.at:{stamp_width - 2}.2f}  " if stamp_width else ""
        name = shorten(sanitize(name), name_width)
        return (stamp, "dim"), column(name, name_width, role), (" ! " if error else "   ", "bad"), body

    def _widths(self) -> tuple[int, int, int]:
        """Return the cells of the name, of the time and of the text."""
        columns = self.columns
        name = max(min(columns // 4, self._name_cells), _MIN_NAME_CELLS)
        stamp = _STAMP_CELLS if columns >= _MIN_COLUMNS_WITH_TIME else 0
        return name, stamp, max(columns - name - stamp - _MARK_CELLS, 1)

    def _lines(self, item: OutputLine) -> list[str]:
        """Return the text in lines, without the name of its process where it begins with that."""
        room = self._widths()[2]
        text = item.text
        name = self._who(item)[0]
        if name and text.startswith(name) and text[len(name) : len(name) + 1] in (" ", ":", ""):
            text = text[len(name) :].removeprefix(":").lstrip(" ")
        text = sanitize(text, _MAX_TEXT_CHARACTERS)
        cells = width(text)
        if room < _MIN_TEXT_CELLS or cells <= room:
            return [text]
        indent = text[: len(text) - len(text.lstrip(" "))][: room // 2]
        return [indent + line for line in wrap(text.lstrip(" "), room - len(indent))]

    def detail(self) -> list[Cells]:
        item = self.item
        if item is None:
            return []
        text, step = sanitize(item.text, 2_000), max(self.columns - 12, 20)
        return [
            fact("printed", f"{item.at:.3f} by {self._who(item)[0] or '?'} on {item.stream}"),
            *(fact("text" if start == 0 else "", text[start : start + step]) for start in range(0, len(text), step)),
        ][:8]

    def copied(self) -> str:
        return self.item.text if self.item else ""
