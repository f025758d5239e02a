"""The two ends of a TCP connection belong together, whichever version of IP each of them uses."""

from __future__ import annotations

import os
import socket

import pytest
from rockproc.observer.attach.tcp_peers import tcp_peers


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_the_ends_of_a_connection_are_paired_while_both_are_open(family: socket.AddressFamily) -> None:
    with socket.socket(family) as listener:
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listener.bind(("", 0))
        listener.listen()
        with socket.create_connection(("127.0.0.1", listener.getsockname()[1])) as client:
            server, _ = listener.accept()
            first, second, third = (os.fstat(end.fileno()).st_ino for end in (client, server, listener))
            assert tcp_peers(os.getpid(), {first, second, third}) == {first: second, second: first}
            assert tcp_peers(os.getpid(), {second}) == {second: first}
            server.close()
            assert tcp_peers(os.getpid(), {first, second}) == {}
