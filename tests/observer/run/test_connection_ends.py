"""A `recv()` of a connection is dead if the processes that have its other end open wait for this one."""

from __future__ import annotations

from multiprocessing.connection import Listener
from pathlib import Path

import pytest
from rockproc.observer.run.run import Run
from rockproc.observer.scenarios.launch import Launch

from tests.cases.expected import FAILING
from tests.observer.conftest import wait_until

CLIENT = """\
from multiprocessing.connection import Client

with Client({address!r}) as connection:
    connection.recv()
"""


@pytest.mark.parametrize("address", ["", "('localhost', 0), "], ids=["unix", "tcp"])
def test_ends_that_wait_for_each_other_are_found(address: str, tmp_path: Path) -> None:
    script = tmp_path / "both_receive.py"
    text = (FAILING / "client_and_server_receive.py").read_text()
    script.write_text(text.replace("Listener(authkey", f"Listener({address}authkey"))
    run = Run(Launch(str(script), start_method="fork"))
    run.start()
    try:
        wait_until(lambda: run.snapshot().findings)
        (finding,) = run.snapshot().findings
        assert (finding.rule, finding.verdict) == ("no-eof", "certain")
        assert " wait in recv() of a connection of listener " in finding.message
        ends = run._observer.world.connection_ends
        assert sorted(thread[0] for thread in ends) == sorted(key for end in ends.values() for key in end.holders)
    finally:
        run.stop()


@pytest.mark.parametrize("over_tcp", [False, True])
def test_another_program_may_be_at_the_other_end(over_tcp: bool, tmp_path: Path) -> None:
    script = tmp_path / "client.py"
    with Listener(("localhost", 0) if over_tcp else str(tmp_path / "socket")) as listener:
        script.write_text(CLIENT.format(address=listener.address))
        run = Run(Launch(str(script)))
        run.start()
        try:
            with listener.accept():
                world = run._observer.world
                wait_until(lambda: any(world.now - wait.since > 1.2 for wait in run.snapshot().processes[0].waits))
                assert not run.snapshot().findings
                assert not world.connection_ends
        finally:
            run.stop()
