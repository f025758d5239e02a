"""The present state of the run in sentences: the activity of each process, and the use of each object."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from rockproc.observer.model import Process

from ..bases.rows import Row
from ..bases.searchable_panel import SearchablePanel
from ..bases.view import View
from ..formatting.cells import Cells
from ..formatting.latest import Latest
from ..formatting.sanitize import sanitize, width, wrap
from . import object_sentences, process_sentences
from .channel_summary import ChannelUsers

_INDENT = 2
"""The number of cells by which the further lines of a paragraph are indented."""
_MAX_PARAGRAPHS = 40
"""The number of processes and objects that are described."""
_MAX_WIDTHS = 8
"""The number of widths whose lines are kept."""


class InWords(SearchablePanel):
    HELP = (
        "The run in sentences: what each process does now and why it waits, and what is in each Queue, lock or Value."
    )
    BINDING_GROUP_TITLE = "In words"
    EMPTY = "The program is being started…"
    NAME = "words"
    TITLE = "In words"
    DRAWER = True

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._users = ChannelUsers()
        self._latest = Latest[list[tuple[tuple[str, int], list[Cells]]]]()
        self._latest_texts = Latest[list[tuple[tuple[str, int], str, str, str]]]()
        self._wrapped: dict[int, dict[tuple[str, str, str], list[Cells]]] = {}
        """The lines of the paragraphs that were drawn last, for each width."""

    def reset(self) -> None:
        self._users = ChannelUsers()
        self._latest.forget()
        self._latest_texts.forget()
        super().reset()

    def empty(self) -> str:
        return self.EMPTY if self.view.started else "The program is not started."

    def has_content(self, view: View) -> bool:
        return bool(view.snapshot.processes)

    def preferred_rows(self, view: View, columns: int) -> int:
        return sum(len(lines) for _, lines in self._paragraphs(view, columns))

    def rows(self, view: View) -> list[Row]:
        return [
            Row((key, index), cells, index == 0)
            for key, lines in self._paragraphs(view, self.columns)
            for index, cells in enumerate(lines)
        ]

    def _paragraphs(self, view: View, columns: int) -> list[tuple[tuple[str, int], list[Cells]]]:
        """Return the key of each paragraph and its lines."""
        return self._latest.of(view, columns, lambda: self._wrapped_paragraphs(view, columns))

    def _wrapped_paragraphs(self, view: View, columns: int) -> list[tuple[tuple[str, int], list[Cells]]]:
        before, now = self._wrapped.get(columns, {}), dict[tuple[str, str, str], list[Cells]]()
        found: list[tuple[tuple[str, int], list[Cells]]] = []
        for key, name, role, text in self._latest_texts.of(view, None, lambda: self._first_texts(view)):
            of = name, role, text
            now[of] = before.get(of) or _lines(name, role, text, columns)
            found.append((key, now[of]))
        if len(self._wrapped) > _MAX_WIDTHS:
            self._wrapped.clear()
        self._wrapped[columns] = now
        return found

    def _first_texts(self, view: View) -> list[tuple[tuple[str, int], str, str, str]]:
        self._users.read(view)
        return list(islice(self._texts(view), _MAX_PARAGRAPHS))

    def _texts(self, view: View) -> Iterator[tuple[tuple[str, int], str, str, str]]:
        """Yield the key of each paragraph, its first word, the role of that word, and the rest of the text."""
        for process in _listed(view):
            text = process_sentences.about(process, view)
            yield ("process", process.key), sanitize(process.name, 60), view.roles[process.key], text
        for key, name, text in object_sentences.all_objects(view, self._users):
            yield ("object", key), sanitize(name, 60), "name", text

    def copied(self) -> str:
        return "\n".join(f"{name} {text}" for _, name, _, text in self._texts(self.view))


def _listed(view: View) -> list[Process]:
    return [process for process in view.snapshot.processes if process.role not in ("forkserver", "resource tracker")]


def _lines(name: str, role: str, text: str, columns: int) -> list[Cells]:
    """Wrap a paragraph whose first word is a name in its colour."""
    room = max(columns, _INDENT + 10)
    first, *others = wrap(f"{name} {text}", room)
    rest = " ".join(others)
    lines: list[Cells] = []
    if first.startswith(name):
        lines.append(((name, role), (first[len(name) :], "")))
    else:
        lines.append(((first, role),))
    if rest:
        lines += [((" " * _INDENT + line, ""),) for line in wrap(rest, room - _INDENT)]
    return [line for line in lines if any(width(part) for part, _ in line)]
