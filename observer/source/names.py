"""Finds the names that the program's source gives to objects: `tasks`, `Worker.inbox`, `queues[2]`, both of a Pipe."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ..model import Site

if TYPE_CHECKING:
    import ast

    from .name_finder import Name


class ObjectNames:
    """Names objects as they appear, by the statement that makes them and their turn at it."""

    def __init__(self) -> None:
        self._trees: dict[str, ast.Module | None] = {}
        self._turns: Counter[tuple[Site, str]] = Counter()
        self._uses: Counter[str] = Counter()
        self._owners: dict[tuple[str, Site | None], str] = {}

    def name(self, kind: str, site: Site | None, library_site: Site | None = None) -> Name:
        """Return the name of the next object of this kind that is made at `site`.

        Args:
            kind: of the object.
            site: the line of the user's code.
            library_site: the line of the library that it has called, which may have a name for the object.
        """
        from .name_finder import Name  # the parser takes long to import, and the first object asks for it

        found = self._at(kind, site) if site is not None else None
        if found is None and library_site is not None:
            found = self._at(kind, library_site)
        if found is None:
            found = Name(f"{kind}-{self._next(kind)}")
        elif (again := self._next(found.text)) > 1:
            if found.ends is None:
                found = Name(f"{found.text}#{again}")
            else:
                one, other = (f"{end}#{again}" for end in found.ends)
                found = Name(f"{one} ⇄ {other}", (one, other))
        return found

    def _at(self, kind: str, site: Site) -> Name | None:
        turn = self._turns[site, kind]
        self._turns[site, kind] += 1
        from .name_finder import NameFinder, tree_of

        if site.path not in self._trees:
            self._trees[site.path] = tree_of(site.path)
        tree = self._trees[site.path]
        return NameFinder(kind, site.line, turn).find(tree) if tree is not None else None

    def of_owner(self, kind: str, site: Site | None, library_site: Site | None = None) -> str:
        """Return the name of an object that several others belong to: the same at each call for its line."""
        if (kind, site) not in self._owners:
            self._owners[kind, site] = self.name(kind, site, library_site).text
        return self._owners[kind, site]

    def _next(self, text: str) -> int:
        self._uses[text] += 1
        return self._uses[text]
