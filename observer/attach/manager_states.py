"""The managers of a program, the objects in them, and the names that the processes have for these."""

from __future__ import annotations

from collections import defaultdict

from ..model import ManagedObject, Manager, World
from ..model.keys import ManagedKey, ManagerKey
from .program_reading import ProgramReading
from .shared_objects import Kind

_KEY_BITS = 32
_ARBITRARY = "/pymp-"
"""A part of the addresses that the standard library chooses: the prefix of the name of its temporary folder."""


def add_managers(world: World, program: ProgramReading) -> None:
    """Add the managers whose server runs in one of the processes, and the objects in them."""
    managers: dict[str, list[tuple[int, str, str]]] = defaultdict(list)
    """Rank, name and class of the manager objects in all processes, by the address of the server."""
    proxies: dict[tuple[str, str], list[tuple[int, str, str]]] = defaultdict(list)
    """Rank, name and type of the proxies, by the address of the server and the identity of the object."""
    for rank, reading in enumerate(program.readings):
        for thing in reading.objects.found.values() if reading.objects is not None else ():
            name = thing.names[0] if thing.names else ""
            place = (rank if name else len(program.readings), name)
            if thing.kind is Kind.MANAGER and "address" in thing.texts:
                managers[thing.texts["address"]].append((*place, thing.texts.get("class", "")))
            elif thing.kind is Kind.PROXY and "id" in thing.texts:
                proxies[thing.texts["address"], thing.texts["id"]].append((*place, thing.texts["typeid"]))
    for reading in program.readings:
        server = reading.server
        if server is None:
            continue
        key = ManagerKey(reading.pid)
        _, name, class_name = min(managers[server.address], default=(0, "", ""))
        world.managers[key] = Manager(
            key,
            class_name or server.manager_class or "BaseManager",
            name or f"manager {reading.pid}",
            reading.pid,
            alive=True,
            extended=_ARBITRARY not in server.address,
        )
        for number, (identity, served) in enumerate(server.objects.items(), 1):
            named = (server.address, identity)
            _, name, type_name = min(proxies[named], default=(0, "", served.type_name))
            managed = ManagedObject(_key(reading.pid, identity), key, type_name, name or f"{type_name} {number}")
            managed.uncounted = True
            if served.length is not None:
                managed.value = "1 item" if served.length == 1 else f"{served.length} items"
            world.managed[managed.key] = managed
            program.managed_keys[named] = managed.key


def _key(pid: int, identity: str) -> ManagedKey:
    """Return the key of an object, whose identity is its address in the server, in hexadecimal digits."""
    return ManagedKey(pid << _KEY_BITS | int(identity, 16) & (1 << _KEY_BITS) - 1)
