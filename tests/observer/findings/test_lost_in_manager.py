"""Several processes update an item in a manager without a lock."""

from __future__ import annotations

import pytest
from rockproc.observer.findings import lost_update
from rockproc.observer.model import LostItem, ManagedObject, Manager, Severity, SharedItem, Site
from rockproc.observer.model.keys import ManagedKey, ManagerKey

from tests.observer.findings.worlds import SCRIPT, Invented, found


def updated(managed_type: str = "dict") -> tuple[Invented, ManagedObject]:
    program = Invented()
    program.process("main", parent=None)
    site, workers = Site(SCRIPT, 5), [program.process("one"), program.process("two")]
    managed = ManagedObject(ManagedKey(5), ManagerKey(4), managed_type, "hits")
    managed.shared_items = tuple(SharedItem("'all'", worker.key, site, 5) for worker in workers)
    program.world.managed[managed.key] = managed
    program.world.managers[ManagerKey(4)] = Manager(ManagerKey(4), "SyncManager", "manager", 9)
    return program, managed


@pytest.mark.parametrize(("managed_type", "name"), [("dict", "hits['all']"), ("Namespace", "hits.all")])
def test_updates_without_a_lock_are_a_hint(managed_type: str, name: str) -> None:
    program, _ = updated(managed_type)
    (hint,) = found(lost_update.RULE, program.world)
    assert hint.severity is Severity.INFO
    assert hint.message.startswith(f"one and two read {name} and write it back (invented.py:5), and no lock")
    assert "manager.Lock()" in hint.advice


@pytest.mark.parametrize("by", ["lock", "queue", "managed lock"])
def test_processes_that_may_take_turns_get_no_hint(by: str) -> None:
    program, managed = updated()
    if by == "lock":
        program.lock("lock")
    elif by == "queue":
        program.channel("turns")
    else:
        program.world.managed[ManagedKey(6)] = ManagedObject(ManagedKey(6), managed.manager, "Lock", "lock")
    assert found(lost_update.RULE, program.world) == []


def test_an_update_that_was_lost_is_a_warning_alone() -> None:
    program, managed = updated()
    managed.lost_items = (LostItem("'all'", Site(SCRIPT, 5), 5, 3),)
    (warning,) = found(lost_update.RULE, program.world)
    assert warning.severity is Severity.WARNING
    assert warning.message.startswith(
        "Updates of hits['all'] were lost: at least 3 writes were overwritten (invented.py:5) by"
    )


def test_updates_of_several_items_are_counted_together() -> None:
    program, managed = updated()
    managed.lost_items = tuple(LostItem(item, Site(SCRIPT, 5), 5, 3) for item in ("'all'", "'new'"))
    (warning,) = found(lost_update.RULE, program.world)
    assert warning.message.startswith("Updates of 2 keys of hits (such as 'all') were lost: at least 6 writes")
