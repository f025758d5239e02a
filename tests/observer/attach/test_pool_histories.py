"""A Pool whose workers end before their first task is found from outside; others that replace workers are not."""

from __future__ import annotations

import pytest
from rockproc.observer.attach.pool_histories import PoolHistories
from rockproc.observer.run.attached import AttachedRun

from .conftest import Start, look_until, rules

FAILS = """
    def fail():
        raise ValueError

    if __name__ == "__main__":
        mp.set_start_method(sys.argv[1])
        with mp.Pool(2, initializer=fail) as pool:
            pool.map(abs, range(4))
    """
ONE_TASK_EACH = """
    def work(number):
        time.sleep(0.05)

    if __name__ == "__main__":
        mp.set_start_method(sys.argv[1])
        with mp.Pool(2, maxtasksperchild=1) as pool:
            waiting = [pool.apply_async(work, (n,)) for n in range(6)]
            while True:
                waiting.pop(0).wait()
                waiting.append(pool.apply_async(work, (0,)))
    """


def test_only_workers_that_were_replaced_beside_the_same_tasks_count() -> None:
    histories = PoolHistories()
    assert histories.note(1, (352, "0"), {10, 11}, 1.0) == (0, 1.0)
    assert histories.note(1, (352, "0"), {11, 12}, 2.0) == (1, 1.0)
    assert histories.note(2, (352, "0"), {20, 21}, 2.5) == (0, 2.5)
    assert histories.note(1, (352, "0"), {13, 14}, 3.0) == (3, 1.0)
    assert histories.note(1, (352, "0 1"), {15, 16}, 4.0) == (0, 4.0)
    assert histories.note(1, (264, "0 1"), {17, 18}, 5.0) == (0, 5.0)
    assert histories.note(1, None, {17, 18}, 6.0) == (0, 6.0)
    assert histories.note(1, (264, "0 1"), {19, 20}, 7.0) == (0, 7.0)


@pytest.mark.early
@pytest.mark.parametrize("version", ["3.11", pytest.param("3.8", marks=pytest.mark.slow)])
def test_a_pool_whose_workers_never_begin_is_found(version: str, start: Start) -> None:
    found = look_until(start(FAILS, version), rules)
    assert rules(found) == ["workers-never-begin"]
    message = found.findings[0].message
    assert message.startswith("No worker of pool takes a task: "), message
    assert "The Pool keeps starting new ones, and MainProcess waits for a result at program.py:" in message, message


@pytest.mark.slow
def test_workers_that_begin_slowly_are_watched_until_that_is_known(start: Start) -> None:
    """At each moment both workers are alive, and the wait for a result is an old one."""
    pid = start(FAILS.replace("raise ValueError", "time.sleep(1); raise ValueError"), "3.11")
    look_until(pid, lambda snapshot: any(process.waits and snapshot.now > 3 for process in snapshot.processes))
    run = AttachedRun(pid)
    assert rules(run.read_verdict()) == ["workers-never-begin"]
    run.stop()


@pytest.mark.slow
def test_workers_that_each_run_one_task_are_no_error(start: Start) -> None:
    pid = start(ONE_TASK_EACH, "3.11")
    look_until(pid, lambda snapshot: snapshot.pools)
    run = AttachedRun(pid)
    for _ in range(3):
        assert not rules(run.read_verdict())
    run.stop()
