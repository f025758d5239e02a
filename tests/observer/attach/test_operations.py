"""The frames of a thread must yield the operation that it is inside of."""

from __future__ import annotations

import pytest
from rockproc.observer.attach.interpreter import Code, Frame
from rockproc.observer.attach.operations import operation
from rockproc.observer.model import Site

LIBRARY = "/usr/lib/python3.12/multiprocessing/"
CONNECTION = 4000


def frames(*calls: str) -> list[Frame]:
    """Return frames from texts such as `connection.py recv`, the innermost first; `main.py` is the program's own."""
    found: list[Frame] = []
    for call in calls:
        file, function = call.split()
        path = file if file == "main.py" else LIBRARY + file
        found.append(Frame(0, Code(function, path, (), (), 1, b""), Site(path, 1), {"self": CONNECTION}))
    return found


@pytest.mark.parametrize(
    ("calls", "name"),
    [
        (("connection.py recv", "main.py work"), "recv"),
        (("connection.py recv", "managers.py dispatch", "managers.py _create", "main.py work"), ""),
        (("connection.py recv_bytes", "connection.py Client", "managers.py _create", "main.py work"), ""),
        (("connection.py recv_bytes", "connection.py deliver_challenge", "managers.py handle_request"), ""),
        (("connection.py recv", "managers.py _callmethod", "managers.py get", "main.py work"), "call"),
        (("connection.py recv", "main.py served", "managers.py serve_client"), "recv"),
    ],
)
def test_the_connection_to_a_manager_is_no_pipe_of_the_program(calls: tuple[str, ...], name: str) -> None:
    found = operation(frames(*calls))
    assert found.name == name
    assert found.own == (name == "")
    assert (found.subject is None) == (name == "")
