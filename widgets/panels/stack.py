"""The Python stack of every thread of a process, innermost call first."""

from __future__ import annotations

from rockproc.observer.kernel.stacks import Frame, ThreadStack, ThreadStacks
from rockproc.observer.model.keys import ProcessKey

from ..bases.rows import Row, column
from ..bases.searchable_panel import SearchablePanel
from ..bases.view import View
from ..formatting.cells import Cells
from ..formatting.sanitize import sanitize, shorten
from .source import python_cells


class Stack(SearchablePanel):
    HELP = "The Python stack of every thread of the selected process, read from outside: the innermost call is on top."
    BINDING_GROUP_TITLE = "b Stack"
    EMPTY = "No process is selected."
    NAME = "stack"
    TITLE = "Stack"
    DRAWER = True

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._stacks: ThreadStacks | None = None
        self._key: ProcessKey | None = None
        self._whose = ""

    def has_content(self, view: View) -> bool:  # noqa: ARG002
        return self._stacks is not None

    def preferred_rows(self, view: View, columns: int) -> int:  # noqa: ARG002
        return len(self.rows(view))

    def expect(self, key: ProcessKey, name: str) -> None:
        """Show the process whose stack is being read."""
        self._stacks, self._key, self._whose = None, key, name
        self.show(self.view)
        self.refresh_empty()

    def set_stacks(self, stacks: ThreadStacks) -> None:
        """Show stacks, if they are still expected."""
        if stacks.process != self._key:
            return
        self._stacks = stacks
        self.show(self.view)
        self.refresh_empty()
        self.action_first()

    def reset(self) -> None:
        self._stacks, self._key, self._whose = None, None, ""
        super().reset()

    def empty(self) -> str:
        if self._stacks is not None and self._stacks.problem:
            return sanitize(self._stacks.problem)
        return f"Reading the stack of {sanitize(self._whose)}…" if self._whose else self.EMPTY

    def rows(self, view: View) -> list[Row]:
        stacks = self._stacks
        if stacks is None or not stacks.threads:
            self.headline(f"{self.TITLE}  {self._whose}")
            return []
        self.headline(
            f"{self.TITLE}  {self._whose} at {stacks.at:.1f}s",
            f"{view.key('stack')} reads it again · {view.key('back')} closes",
        )
        rows: list[Row] = []
        for number, thread in enumerate(stacks.threads):
            if rows:
                rows.append(Row((number, "gap"), (), False))
            rows.append(Row(number, _heading(thread), False))
            rows += [Row((number, index), self._cells(frame)) for index, frame in enumerate(thread.frames)]
            if thread.deeper:
                rows.append(Row((number, "deeper"), ((f"  … {thread.deeper} more", "dim"),), False))
        return rows

    def _cells(self, frame: Frame) -> Cells:
        where = shorten(sanitize(str(frame.site)), 60)
        half = max((self.columns - 2) // 2, 10)
        head = f"  {sanitize(frame.function, 200)}"
        room = max(half - len(where) - 1, 8)
        # Frames outside of the standard library stand out, as users look at them first.
        role = "dim" if "/lib/python" in frame.site.path else "define"
        return (column(head, room, role), (" ", ""), (where, "dim"), ("  ", ""), *python_cells(sanitize(frame.text)))

    def resized(self) -> None:
        if self._stacks is not None:
            self.set_rows(self.rows(self.view))

    def copied(self) -> str:
        """Return all stacks as a traceback shows them: the innermost frame last."""
        lines: list[str] = []
        for thread in self._stacks.threads if self._stacks else ():
            lines.append(f"{thread.name or thread.ident}:")
            for frame in reversed(thread.frames):
                lines.append(f'  File "{frame.site.path}", line {frame.site.line}, in {frame.function}')
                lines += [f"    {frame.text}"] if frame.text else []
        return "\n".join(lines)


def _heading(thread: ThreadStack) -> Cells:
    glyph, role, what = ("●", "good", "runs") if thread.active else ("◌", "wait", "waits")
    holds = ", holds the interpreter" if thread.gil else ""
    return (f"{glyph} ", role), (shorten(sanitize(thread.name or f"thread {thread.ident}"), 80), "heading"), (
        f"  {what}{holds}", "dim")  # fmt: skip
