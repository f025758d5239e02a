"""Connections of a Listener: who is at the other end is known only where the program itself has that end open."""

from __future__ import annotations

from multiprocessing.connection import Listener
from pathlib import Path

import pytest
from rockproc.observer.run.attached import AttachedRun

from .conftest import Start, look_until, rules

CLIENT = """
    from multiprocessing.connection import Client

    with Client({address!r}) as conn:
        conn.recv()
    """
BOTH_RECEIVE = """
    from multiprocessing.connection import Client, Listener

    def client(address):
        with Client(address) as conn:
            conn.recv()

    if __name__ == "__main__":
        mp.set_start_method(sys.argv[1])
        with Listener({address!r}) as listener:
            child = mp.Process(target=client, args=(listener.address,))
            child.start()
            with listener.accept() as conn:
                {then}
            child.join()
    """
INTERNET = ("localhost", 0)


@pytest.mark.parametrize("internet", [False, True])
def test_a_client_of_another_program_may_get_an_answer(internet: bool, start: Start, tmp_path: Path) -> None:
    with Listener(INTERNET if internet else str(tmp_path / "socket")) as listener:
        pid = start(CLIENT.format(address=listener.address), "3.11")
        with listener.accept():
            look_until(pid, lambda snapshot: snapshot.processes[0].waits)
            run = AttachedRun(pid)
            found = run.read_verdict()
            run.stop()
            assert not rules(found), [finding.message for finding in found.findings]
            assert [text for text in run.faults() if text.startswith("who could end this: MainProcess waits")]


@pytest.mark.parametrize(
    ("address", "then", "expected"),
    [
        (None, "conn.recv()", ["no-eof"]),
        (None, "time.sleep(1000)", []),
        (INTERNET, "conn.recv()", ["no-eof"]),
        (INTERNET, "time.sleep(1000)", []),
    ],
)
def test_ends_that_the_program_itself_has_open(
    address: tuple[str, int] | None, then: str, expected: list[str], start: Start
) -> None:
    pid = start(BOTH_RECEIVE.format(address=address, then=then), "3.11")
    look_until(
        pid,
        lambda snapshot: len(snapshot.processes) > 1 and any(wait.op == "recv" for wait in snapshot.processes[1].waits),
    )
    run = AttachedRun(pid)
    found = run.read_verdict()
    run.stop()
    assert rules(found) == expected, [finding.message for finding in found.findings]
