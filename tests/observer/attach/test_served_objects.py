from __future__ import annotations

from typing import Any, cast

from rockproc.observer.attach.served_objects import ServedObject, _server


class Memory:
    """The memory with the table of a server while the server changes the table."""

    texts = {1: "0", 2: "7f31a0", 3: "Thread-5", 9: "/tmp/pymp-1/listener"}

    def dict_items(self, _address: int) -> list[tuple[int, int]]:
        return [(1, 0), (2, 0), (3, 0)]

    def text(self, address: int) -> str:
        return self.texts[address]

    def type_name(self, address: int) -> str:
        return "str" if address == 9 else "dict"

    def items(self, _address: int) -> list[int]:
        return [5]

    def length(self, _address: int) -> int:
        return 2


def test_a_text_that_is_no_identity_names_no_object() -> None:
    server = _server(cast("Any", Memory()), {"address": 9, "id_to_obj": 8})
    assert server.objects == {"7f31a0": ServedObject("dict", 2)}
