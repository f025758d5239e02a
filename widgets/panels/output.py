"""What the program printed, and which process it was."""

from __future__ import annotations

from rockproc.observer.model import OutputLine
from rockproc.observer.recording import jumps
from rockproc.observer.recording.jumps import Wanted

from ..bases.panel import fact
from ..bases.rows import column
from ..bases.stream_panel import StreamPanel
from ..bases.view import View
from ..formatting.cells import Cells
from ..formatting.sanitize import fit, sanitize


class Output(StreamPanel[OutputLine]):
    HELP = "Everything that was printed, by whom. ! marks stderr. Control characters are written out: \\x1b."
    BINDING_GROUP_TITLE = "Output"
    EMPTY = "Nothing printed yet."
    LIMIT = 200_000
    NAME = "output"
    TITLE = "Output"
    NUMBER = 6
    NOTHING = "no output"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.alone: tuple[int | None] | None = None
        """The pid of the one process whose lines are shown."""

    def reset(self) -> None:
        self.alone = None
        super().reset()

    def has_content(self, view: View) -> bool:
        return view.snapshot.output.total > 0

    def preferred_rows(self, view: View, columns: int) -> int:  # noqa: ARG002
        return view.snapshot.output.total

    def jump_target(self) -> Wanted:
        return jumps.a_line()

    def show(self, view: View) -> None:
        self.take(view, view.snapshot.output)
        total = view.snapshot.output.total
        what = f"  {total} line{'' if total == 1 else 's'}" if total else ""
        if self.alone is not None:
            back = view.key("one_process")
            what = f"  {self.named(self.alone[0])} alone  {self.count()} of {total} lines · {back} shows all"
        self.headline(f"{self.title}{what}", self.new_items_note)

    def wanted(self, item: OutputLine) -> bool:
        return self.alone is None or item.pid == self.alone[0]

    def choose(self) -> None:
        """Shows the process of the chosen line alone, or all again. The chosen line stays chosen."""
        item = self.item
        if self.alone is None and item is None:
            return
        self.alone = (item.pid,) if self.alone is None and item is not None else None
        follow, self._seen = self.follow, 0
        self.clear()
        self.show(self.view)
        if not follow and item is not None:
            self.go_to(next(index for index, each in enumerate(self._items) if each is item))

    def text(self, item: OutputLine) -> str:
        return f"{self.named(item.pid)} {sanitize(item.text, 100_000)}"

    def named(self, pid: int | None) -> str:
        """A process as it is called in the list."""
        process = self.view.by_pid.get(pid) if pid is not None else None
        return sanitize(process.name) if process is not None else "?" if pid is None else str(pid)

    def empty(self) -> str:
        return self.EMPTY if self.view.live else "The program printed nothing."

    def _who(self, item: OutputLine) -> tuple[str, str]:
        process = self.view.by_pid.get(item.pid) if item.pid is not None else None
        if process is not None:
            return process.name, self.view.roles[process.key]
        return ("" if item.pid is None else str(item.pid)), "dim"

    def cells(self, item: OutputLine) -> Cells:
        columns = self.columns
        name_width = max(min(columns // 4, 12), 6)
        name, role = self._who(item)
        error = item.stream == "stderr"
        stamp = f"{item.at:8.3f}  " if columns >= 70 else ""
        text = sanitize(item.text, columns * 4)
        return (
            (stamp, "dim"),
            column(name, name_width, role),
            (" ! " if error else "   ", "bad"),
            (fit(text, max(columns - name_width - 3 - len(stamp), 1)), "bad" if error else ""),
        )

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
