from __future__ import annotations

import pytest
from msgspec.structs import replace
from rockproc.observer.model import ManagedObject, Pool, Worker
from rockproc.observer.model.keys import ManagedKey, ManagerKey, PoolKey
from rockproc.widgets.bases.view import View
from rockproc.widgets.panels.calls import CallLog, python_call

from tests.fakes import MAIN, ONE, snapshot


@pytest.mark.parametrize(
    ("last", "text"),
    [
        ("append('x')", "stock.append('x')"),
        ("__setitem__('plum', 30)", "stock['plum'] = 30"),
        ("__setitem__('a, b', [1, (2, 3)])", "stock['a, b'] = [1, (2, 3)]"),
        ("__getitem__(2)", "stock[2]"),
        ("__getattribute__('last')", "stock.last"),
        ("__setattr__('last', 'x')", "stock.last = 'x'"),
        ("__len__()", "len(stock)"),
        ("__unheard_of__(1)", "stock.__unheard_of__(1)"),
    ],
)
def test_a_call_of_a_managed_object_is_written_as_python(last: str, text: str) -> None:
    assert python_call(ManagedObject(ManagedKey(1), ManagerKey(2), "dict", "stock", last=last)) == text


def managed(calls: int, at: float) -> ManagedObject:
    return ManagedObject(
        ManagedKey(1), ManagerKey(2), "list", "notes", calls=calls, last=f"append({calls})", last_at=at, caller=ONE
    )


def test_calls_between_two_views_are_counted() -> None:
    log = CallLog()
    first = log.read(View.of(snapshot(managed=(managed(1, 1.0),))))
    assert [(call.text, call.skipped) for call in first] == [("notes.append(1)", 0)]
    assert log.read(View.of(snapshot(managed=(managed(1, 1.0),)))) == []
    later = log.read(View.of(snapshot(managed=(managed(5, 2.0),))))
    assert [(call.text, call.skipped) for call in later] == [("notes.append(5)", 3)]
    assert [call.text for call in log.until(1.5)] == ["notes.append(1)"]


def test_a_task_of_a_pool_goes_to_its_worker() -> None:
    worker = Worker(ONE, "ForkPoolWorker-1", running=2, task="roast('java')", since=3.0)
    pool = Pool(PoolKey(7), "Pool", "pool", owner=MAIN, workers=(worker,))
    (call,) = CallLog().read(View.of(snapshot(pools=(pool,))))
    assert (call.sender, call.target, call.text) == ("pool", "ForkPoolWorker-1", "roast('java') and 1 more")
    (other,) = CallLog().read(View.of(snapshot(pools=(replace(pool, workers=(replace(worker, running=1),)),))))
    assert other.text == "roast('java')"
