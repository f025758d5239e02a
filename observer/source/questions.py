"""Answers the trackers' questions about the source. The modules that find answers are imported when first needed.

Parsers take long to import, and in a short run nobody asks. Each function is described where it is defined.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..model import Dependence, Site

if TYPE_CHECKING:
    from .changed_copies import CopyChange
    from .raw_updates import RawUpdate
    from .unshared_candidate import Candidate


def asks_whether_empty(site: Site) -> bool:
    from . import loops

    return loops.asks_whether_empty(site)


def only_waits(site: Site, *, polls: bool = False) -> bool:
    from . import loops

    return loops.only_waits(site, polls=polls)


def only_asks(site: Site, method: str) -> bool:
    from . import asking_loops

    return asking_loops.only_asks(site, method)


def only_waits_for_an_item(site: Site) -> bool:
    from . import item_loops

    return item_loops.only_waits_for_an_item(site)


def may_end_loop(function: Site, loop: Site) -> bool:
    from . import loop_enders

    return loop_enders.may_end_loop(function, loop)


def constant_step(site: Site) -> float:
    from . import constant_steps

    return constant_steps.constant_step(site)


def dependence_at(site: Site) -> tuple[Dependence, int | None]:
    from . import dependence

    return dependence.dependence_at(site)


def uses_file_locks(path: str) -> bool:
    from . import file_locks

    return file_locks.uses_file_locks(path)


def copy_changes(site: Site) -> tuple[CopyChange, ...]:
    from . import changed_copies

    return changed_copies.copy_changes(site)


def extends_managers(path: str) -> bool:
    from . import manager_code

    return manager_code.extends_managers(path)


def raw_updates(path: str) -> tuple[RawUpdate, ...]:
    from . import raw_updates

    return raw_updates.raw_updates(path)


def unshared_changes(path: str) -> tuple[Candidate, ...]:
    from . import unshared_changes

    return unshared_changes.unshared_changes(path)


def called_methods(path: str, line: int) -> frozenset[str] | None:
    from . import called_methods

    return called_methods.called_methods(path, line)


def last_line(path: str, line: int) -> int:
    from . import called_methods

    return called_methods.last_line(path, line)


def loop_until_empty(site: Site, name: str) -> Site | None:
    from . import until_empty

    return until_empty.loop_until_empty(site, name)
