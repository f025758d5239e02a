from __future__ import annotations

from msgspec.structs import replace
from rockproc.observer.model import HELPER_ROLES, State, UnobservedReason, Verdict
from rockproc.widgets.bases.view import View
from rockproc.widgets.panels import object_sentences, process_sentences
from rockproc.widgets.panels.channel_summary import ChannelUsers

from tests.fakes import LOCK_A, LOCK_B, MAIN, ONE, READY, TASKS, THREE, TWO, snapshot


def processes(view: View) -> dict[int, str]:
    listed = (process for process in view.snapshot.processes if process.role not in HELPER_ROLES)
    return {process.key: process_sentences.about(process, view) for process in listed}


def objects(view: View) -> dict[int, str]:
    users = ChannelUsers()
    users.read(view)
    return {key: text for key, _, text in object_sentences.all_objects(view, users)}


def test_a_process_is_described_by_its_origin_its_wait_and_what_it_holds() -> None:
    text = processes(View.of(snapshot()))
    assert text[MAIN].startswith(
        "is the program itself, pid 4121. It has waited in join() at :41 for 3.4s, until worker-1"
    )
    assert "a child of main, started by fork" in text[ONE]
    assert "to run worker(first, second)" in text[ONE]
    assert "for lock_b, which worker-2 holds." in text[ONE]
    assert "No process can end this wait." in text[ONE]
    assert "It holds lock_a (for 2.2s)." in text[ONE]


def test_a_wait_that_is_only_suspected_to_last_is_not_called_endless() -> None:
    world = snapshot()
    suspected = tuple(replace(finding, verdict=Verdict.SUSPECTED) for finding in world.findings)
    text = processes(View.of(replace(world, findings=suspected)))
    assert "for lock_b, which worker-2 holds." in text[ONE]
    assert "No process can end this wait." not in text[ONE]


def test_an_end_is_described_as_python_reports_it() -> None:
    view = View.of(snapshot())
    assert "SIGTERM has ended it: exitcode −15. It is a zombie" in processes(view)[THREE]
    one = replace(view.processes[ONE], state=State.JOINED, exitcode=1, error="KeyError: 'b'", waits=())
    assert (
        "An uncaught exception has ended it: KeyError: 'b'; exitcode 1, and it was joined."
        in process_sentences.about(one, view)
    )


def test_a_process_without_the_probe_is_described_as_far_as_it_is_read_from_outside() -> None:
    view = View.of(snapshot())
    one = replace(view.processes[ONE], unobserved=UnobservedReason.ISOLATED, probed=False)
    assert "It does not carry the probe (isolated): what it does is not known." in process_sentences.about(one, view)
    text = process_sentences.about(replace(one, inspected=True), view)
    assert "It does not carry the probe (isolated) and is inspected from outside. It has waited in acquire()" in text
    text = process_sentences.about(replace(one, inspection="Its memory is large."), view)
    assert "It does not carry the probe (isolated): what it does is not known. Its memory is large." in text


def test_objects_are_described_by_their_state_and_their_users() -> None:
    text = objects(View.of(snapshot()))
    assert "3 items are in it" in text[TASKS]
    assert "1 of them is still in the memory of the process that put." in text[TASKS]
    assert "worker-1 has held it since :15 for 2.2s. worker-2 waits for it, for 2.0s." in text[LOCK_A]
    assert "It was acquired 12 times, 3 of them after a wait." in text[LOCK_A]
    assert "It is set. It was set once." in text[READY]


def test_a_count_that_may_be_too_low_has_a_question_mark() -> None:
    world = snapshot()
    unsure = tuple(replace(lock, shared_with_unobserved=(ONE,)) if lock.key == LOCK_B else lock for lock in world.locks)
    channels = tuple(replace(channel, shared_with_unobserved=(ONE,)) for channel in world.channels)
    text = objects(View.of(replace(world, locks=unsure, channels=channels)))
    assert "3? items are in it" in text[TASKS]
    assert "? times" in text[LOCK_B]


def test_the_parent_for_the_operating_system_is_named_where_it_differs() -> None:
    view = View.of(snapshot())
    assert "operating system" not in process_sentences.about(view.processes[ONE], view)
    forked = replace(view.processes[ONE], ppid=view.processes[TWO].pid)
    text = process_sentences.about(forked, view)
    assert "is a child of main" in text
    assert "For the operating system it is a child of worker-2. It has waited" in text


def test_only_a_child_is_an_orphan_also_in_a_view_of_another_moment() -> None:
    world = snapshot()
    people = tuple(replace(process, ppid=1 if process.key in (MAIN, TWO) else 4121) for process in world.processes)
    view = View.of(replace(world, processes=people, main=people[0]))
    orphans = [process.key for process in people if view.is_orphan(replace(process))]
    assert orphans == [TWO]
