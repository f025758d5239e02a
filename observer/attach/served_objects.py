"""The server of a manager and the objects in it, from the memory of its process (`multiprocessing/managers.py`)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress

import msgspec

from .interpreter import PythonThread
from .memory import UnreadableMemory
from .objects import Objects

_MAX_OBJECTS = 1000
_SLOTS = {"address": 16, "id": 24, "typeid": 32}
"""The places of the slots in a `Token`: CPython arranges slots by their names."""
_IN_QUEUE = "queue"
"""The attribute of a `queue.Queue` that holds its items."""
_UNNAMED = "0"
"""The identity of an entry that stands for the server itself."""
_IDENTITY = re.compile("[0-9a-f]{1,16}")
"""The address of the object in hexadecimal digits. From a table that changes meanwhile, other texts may be read."""


class ServedObject(msgspec.Struct, frozen=True):
    """An object in the process of a manager."""

    type_name: str
    length: int | None
    """`len()` of a container or a queue; None for other objects."""


class ManagerServer(msgspec.Struct):
    """The server of a manager."""

    address: str
    manager_class: str = ""
    """The class of the manager that has started it; empty for a server that the program runs by itself."""
    objects: dict[str, ServedObject] = msgspec.field(default_factory=dict[str, ServedObject])
    """The objects by the identity that their tokens have."""


def read_server(objects: Objects, threads: Iterable[PythonThread]) -> ManagerServer | None:
    """Return the server that runs in a process; None where there is none, or it cannot be read."""
    for thread in threads:
        frames = [frame for frame in thread.frames if frame.code.path.endswith("/managers.py")]
        by_function = {frame.function.rpartition(".")[2]: frame for frame in frames}
        # `_run_server(cls, …)` calls `serve_forever(self)` in the server's own thread.
        if "serve_forever" in by_function:
            with suppress(UnreadableMemory, KeyError):
                server = _server(objects, objects.attributes(by_function["serve_forever"].local_variables["self"]))
                if "_run_server" in by_function:
                    server.manager_class = objects.class_name(by_function["_run_server"].local_variables["cls"])
                return server
    return None


def _server(objects: Objects, attributes: dict[str, int]) -> ManagerServer:
    server = ManagerServer(address_text(objects, attributes["address"]))
    for identity, entry in objects.dict_items(attributes["id_to_obj"]):
        with suppress(UnreadableMemory, IndexError):
            name, served = objects.text(identity), objects.items(entry)[0]
            if name != _UNNAMED and _IDENTITY.fullmatch(name):
                server.objects[name] = ServedObject(objects.type_name(served), _length(objects, served))
        if len(server.objects) >= _MAX_OBJECTS:
            break
    return server


def _length(objects: Objects, address: int) -> int | None:
    with suppress(UnreadableMemory):
        return objects.length(address)
    with suppress(UnreadableMemory):
        items = objects.attribute(address, _IN_QUEUE)
        return objects.length(items) if items is not None else None
    return None


def address_text(objects: Objects, address: int) -> str:
    """Return the address of a server: a path, or a host and a port. Raises UnreadableMemory."""
    if objects.type_name(address) == "tuple":
        host, port = objects.items(address)[:2]
        return f"{objects.text(host)}:{objects.number(port)}"
    return objects.text(address)


def token_texts(objects: Objects, token: int) -> dict[str, str]:
    """Return `typeid`, `address` and `id` of the token by which a proxy names its object. Raises UnreadableMemory."""
    if objects.type_name(token) != "Token":
        raise UnreadableMemory
    places = {name: objects.memory.pointer(token + offset) for name, offset in _SLOTS.items()}
    return {
        "typeid": objects.text(places["typeid"]),
        "address": address_text(objects, places["address"]),
        "id": objects.text(places["id"]),
    }
