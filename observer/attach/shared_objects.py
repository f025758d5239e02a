"""The objects of multiprocessing that a process can reach by name, and what they are made of.

The search begins at the variables of the program's own frames and modules, and goes through attributes, lists, tuples
and dicts. What is reachable otherwise only, as through a closure, is not found, and stays without a name.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from enum import StrEnum

import msgspec

from .handover_threads import HandoverThread, handover_threads
from .interpreter import Frame, Interpreter, PythonThread
from .memory import UnreadableMemory
from .served_objects import address_text, token_texts

_MAX_DEPTH = 4
_MAX_OBJECTS = 4000
_MAX_IN_CONTAINER = 64
_HEAP_TYPE = 1 << 9
"""Py_TPFLAGS_HEAPTYPE: a class that is written in Python, among others."""
_TP_FLAGS = 168
_SEMLOCK_HANDLE = 16
_METHOD_SELF = 24
_MAIN_MODULES = ("__main__", "__mp_main__")
_STANDARD = re.compile(r"/lib(?:64)?/python3\.\d+/")
_PASSED_OVER = {"module", "function", "type", "builtin_function_or_method", "code", "str", "bytes", "int", "float"}


class Kind(StrEnum):
    """The kinds of objects, with the names of the standard library."""

    LOCK = "Lock"
    RLOCK = "RLock"
    SEMAPHORE = "Semaphore"
    BOUNDED_SEMAPHORE = "BoundedSemaphore"
    CONDITION = "Condition"
    EVENT = "Event"
    BARRIER = "Barrier"
    QUEUE = "Queue"
    JOINABLE_QUEUE = "JoinableQueue"
    SIMPLE_QUEUE = "SimpleQueue"
    CONNECTION = "Connection"
    PROCESS = "Process"
    POOL = "Pool"
    EXECUTOR = "ProcessPoolExecutor"
    MANAGER = "Manager"
    PROXY = "Proxy"
    SHARED_MEMORY = "SharedMemory"
    SHAREABLE_LIST = "ShareableList"
    VALUE = "Value"
    """The wrapper of a Value or an Array, whatever its class."""


CHANNELS = (Kind.QUEUE, Kind.JOINABLE_QUEUE, Kind.SIMPLE_QUEUE, Kind.CONNECTION)


class SharedObject(msgspec.Struct):
    """One object of `multiprocessing` or `concurrent.futures` in one process."""

    address: int
    kind: Kind
    names: list[str] = msgspec.field(default_factory=list[str])
    """The names that the program has for it, the best first."""
    semaphores: dict[str, int] = msgspec.field(default_factory=dict[str, int])
    """Addresses of the mappings of the semaphores that it is made of, by attribute; `""` for its only one."""
    descriptors: dict[str, int] = msgspec.field(default_factory=dict[str, int])
    """Numbers of the files that it is made of, by attribute."""
    parts: dict[str, int] = msgspec.field(default_factory=dict[str, int])
    """Addresses of other such objects that it is made of, by attribute."""
    numbers: dict[str, int] = msgspec.field(default_factory=dict[str, int])
    texts: dict[str, str] = msgspec.field(default_factory=dict[str, str])


class SharedObjects:
    """The shared objects of one process, by address."""

    def __init__(self, interpreter: Interpreter, threads: Iterable[PythonThread], pid: int) -> None:
        """Search for the shared objects of a process.

        Args:
            interpreter: the interpreter of the process.
            threads: its Python threads, whose variables are searched first.
            pid: its pid in its own pid namespace.
        """
        self._pid = pid
        self._interpreter = interpreter
        self._objects = interpreter.objects
        self._memory = interpreter.memory
        self._kinds: dict[int, Kind | None] = {}
        self._visited: set[int] = set()
        self.found: dict[int, SharedObject] = {}
        self.semlocks: set[int] = set()
        """Addresses of the C objects of their semaphores."""
        self._threads = list(threads)
        self._handover_threads: list[HandoverThread] | None = None
        for name, address in self._roots(self._threads):
            self._visit(address, name, 0)

    def at(self, address: int) -> SharedObject | None:
        """Return the object at an address, found by name or not; None if there is no such object."""
        if address not in self.found:
            with suppress(UnreadableMemory):
                self._decode(address)
        return self.found.get(address)

    def bound_to(self, method: int) -> SharedObject | None:
        """Return the object to which a method is bound; None if that is not known."""
        with suppress(UnreadableMemory):
            if self._objects.type_name(method) == "method":
                return self.at(self._memory.pointer(method + _METHOD_SELF))
        return None

    def length(self, address: int | None) -> int:
        """Return the `len()` of a list, a tuple, a deque or a dict; 0 where that cannot be read."""
        with suppress(UnreadableMemory):
            return self._objects.length(address) if address is not None else 0
        return 0

    def text(self, address: int | None) -> str:
        """Return a string; empty where it cannot be read."""
        with suppress(UnreadableMemory):
            return self._objects.text(address) if address is not None else ""
        return ""

    def promises(self, pool: SharedObject, results: Collection[int]) -> bool:
        """Return True if results (ApplyResults, MapResults, IMapIterators or Futures) are all promised by one pool.

        Args:
            pool: a Pool or an executor.
            results: the addresses of the results.
        """
        with suppress(UnreadableMemory, KeyError):
            if pool.kind is Kind.POOL:
                expected = self._expected(pool)
                return bool(results) and all(self._objects.attribute(one, "_cache") == expected for one in results)
            left = set(results)
            for _, item in self._objects.dict_items(self._expected(pool)) if left else ():
                left.discard(self._objects.attribute(item, "future") or 0)
                if not left:
                    return True
        return False

    def members(self, address: int) -> list[int]:
        """Return the addresses of the objects in a set; empty where it cannot be read."""
        with suppress(UnreadableMemory):
            return self._objects.members(address)
        return []

    def handover_thread(self, pool: SharedObject) -> HandoverThread | None:
        """Return the thread of a pool that hands over its results; None if there is none in this process."""
        if self._handover_threads is None:
            self._handover_threads = list(handover_threads(self._objects, self._threads))
        with suppress(UnreadableMemory, KeyError):
            expected = self._expected(pool)
            return next((thread for thread in self._handover_threads if thread.expected == expected), None)
        return None

    def needs_handover_thread(self, pool: SharedObject) -> bool:
        """Return True for the standard library's pools. Those of other libraries may hand over results differently."""
        module, name = _STANDARD_POOLS[pool.kind]
        with suppress(UnreadableMemory):
            return self._objects.has_base(pool.address, self._interpreter.namespace(module).get(name))
        return False

    def _expected(self, pool: SharedObject) -> int:
        """Return the address of the dict of the results that have not arrived yet."""
        return self._objects.attributes(pool.address)["_cache" if pool.kind is Kind.POOL else "_pending_work_items"]

    def current_process(self) -> SharedObject | None:
        """Return the object of the process itself; None where it has not imported multiprocessing."""
        address = self._interpreter.namespace("multiprocessing.process").get("_current_process")
        return self.at(address) if address is not None else None

    def _roots(self, threads: list[PythonThread]) -> Iterator[tuple[str, int]]:
        """Yield names and addresses of variables: those of modules first, as most of a program uses their names."""
        for module in _MAIN_MODULES:
            yield from self._named(self._interpreter.namespace(module))
        yield from self._arguments()
        for thread in threads:
            for frame in thread.frames:
                if not is_library(frame):
                    yield from self._named(frame.local_variables)

    def _arguments(self) -> Iterator[tuple[str, int]]:
        """Yield the arguments of the process: its function may have returned, so that no frame has them."""
        process = self._interpreter.namespace("multiprocessing.process").get("_current_process")
        with suppress(UnreadableMemory):
            for name in ("_args", "_kwargs"):
                value = self._objects.attribute(process, name) if process is not None else None
                if value is not None:
                    yield "", value

    @staticmethod
    def _named(variables: dict[str, int]) -> Iterator[tuple[str, int]]:
        return ((name, value) for name, value in variables.items() if not name.startswith("__"))

    def _visit(self, address: int, name: str, depth: int) -> None:
        if len(self._visited) >= _MAX_OBJECTS:
            return
        try:
            type_name = self._objects.type_name(address)
            if type_name in _PASSED_OVER:
                return
            if (kind := self._kind(address)) is not None:
                if kind is Kind.PROCESS and not self._is_own_child(address):
                    return
                thing = self._decode(address, kind)
                if name not in ("", "self", *thing.names) and not name.startswith("["):
                    thing.names.append(name)
                    thing.names.sort(key=_is_private)
                    if kind is Kind.VALUE and (lock := self.found.get(thing.parts.get("_lock", 0))) is not None:
                        lock.names.append(f"{name}.get_lock()")
                        lock.names.sort(key=_is_private)
                return
            if address in self._visited or depth >= _MAX_DEPTH:
                return
            self._visited.add(address)
            for part, value in self._parts(address, type_name, name):
                self._visit(value, part, depth + 1)
        except (UnreadableMemory, RecursionError):
            return

    def _is_own_child(self, address: int) -> bool:
        """Return True if this process started the child: a fork also copies the handles that its parent had."""
        parent = self._objects.attribute(address, "_parent_pid")
        return parent is not None and self._objects.number(parent) == self._pid

    def _parts(self, address: int, type_name: str, name: str) -> Iterator[tuple[str, int]]:
        objects = self._objects
        if type_name in ("list", "tuple"):
            for place, value in enumerate(objects.items(address)[:_MAX_IN_CONTAINER]):
                yield f"{name}[{place}]", value
        elif type_name == "dict":
            for place, (key, value) in enumerate(objects.dict_items(address)):
                if place >= _MAX_IN_CONTAINER:
                    return
                with suppress(UnreadableMemory):
                    yield f"{name}[{objects.text(key)!r}]", value
        elif self._memory.pointer(objects.type_of(address) + _TP_FLAGS) & _HEAP_TYPE:
            for attribute, value in objects.attributes(address).items():
                yield f"{type_name}.{attribute}", value

    # decoding

    def _kind(self, address: int) -> Kind | None:
        type_address = self._objects.type_of(address)
        if type_address not in self._kinds:
            self._kinds[type_address] = self._kind_of(address)
        return self._kinds[type_address]

    def _kind_of(self, address: int) -> Kind | None:
        """Return the kind of an object by the names of its class and bases, and by a typical attribute."""
        bases = self._objects.base_names(address)
        attributes = self._objects.attributes(address).keys()
        for kind, attribute in _TYPICAL_ATTRIBUTES.items():
            if kind.value in bases and attribute in attributes:
                return kind
        if "BaseProcess" in bases:
            return Kind.PROCESS
        if "BaseManager" in bases:
            return Kind.MANAGER
        if "SynchronizedBase" in bases and "_obj" in attributes:
            return Kind.VALUE
        return Kind.PROXY if "BaseProxy" in bases else None

    def _decode(self, address: int, kind: Kind | None = None) -> SharedObject:
        kind = kind or self._kind(address)
        if address in self.found:
            return self.found[address]
        if kind is None:
            raise UnreadableMemory
        thing = SharedObject(address, kind)
        attributes = self._objects.attributes(address)
        for name in _SEMAPHORES.get(kind, ()):
            self._add_semaphore(thing, name, attributes.get(name))
        for name in _DESCRIPTORS.get(kind, ()):
            self._add_descriptor(thing, name, attributes.get(name))
        for name in _PARTS.get(kind, ()):
            if name in attributes:
                with suppress(UnreadableMemory):
                    part = self._decode(attributes[name])
                    thing.parts[name] = part.address
                    thing.semaphores |= {f"{name}.{inner}": semaphore for inner, semaphore in part.semaphores.items()}
        for name in _NUMBERS.get(kind, ()):
            with suppress(UnreadableMemory, KeyError):
                thing.numbers[name] = self._objects.number(attributes[name])
        for name in _TEXTS.get(kind, ()):
            with suppress(UnreadableMemory, KeyError):
                thing.texts[name] = self._objects.text(attributes[name])
        self.found[address] = thing
        if kind is Kind.PROCESS:
            self._add_child(thing, attributes)
        elif kind is Kind.POOL:
            self._add_workers(thing, attributes.get("_pool"))
            thing.numbers["pending"] = self._pending_tasks(attributes.get("_cache"))
            thing.texts["jobs"] = self._jobs(attributes.get("_cache"))
        elif kind is Kind.EXECUTOR:
            self._add_executor(thing, attributes)
        elif kind is Kind.VALUE:
            self._add_block(thing, attributes)
        elif kind is Kind.PROXY:
            with suppress(UnreadableMemory, KeyError):
                thing.texts |= token_texts(self._objects, attributes["_token"])
        elif kind is Kind.MANAGER:
            with suppress(UnreadableMemory, KeyError):
                thing.texts["class"] = self._objects.type_name(thing.address)
                thing.texts["address"] = address_text(self._objects, attributes["_address"])
            with suppress(UnreadableMemory, KeyError):
                thing.parts["_process"] = self._decode(attributes["_process"]).address
        return thing

    def _add_semaphore(self, thing: SharedObject, name: str, address: int | None) -> None:
        """Add an attribute that is a `_multiprocessing.SemLock`, or a Lock or Semaphore that has one."""
        if address is None:
            return
        with suppress(UnreadableMemory):
            if "SemLock" not in self._objects.type_name(address):
                address = self._objects.attribute(address, "_semlock") or 0
            self.semlocks.add(address)
            thing.semaphores["" if name == "_semlock" else name] = self._memory.pointer(address + _SEMLOCK_HANDLE)

    def _add_descriptor(self, thing: SharedObject, name: str, address: int | None) -> None:
        """Add an attribute that is the number of a file, or a Connection that has one."""
        if address is None:
            return
        with suppress(UnreadableMemory):
            if self._objects.type_name(address) != "int":
                address = self._objects.attribute(address, "_handle") or 0
            thing.descriptors[name] = self._objects.number(address)

    def _add_child(self, thing: SharedObject, attributes: dict[str, int]) -> None:
        """Add the pid of a child and how it ended, from its `Popen` object."""
        with suppress(UnreadableMemory, KeyError):
            thing.texts["class"] = self._objects.type_name(thing.address)
            popen = self._objects.attributes(attributes["_popen"])
            for name in ("pid", "returncode"):
                with suppress(UnreadableMemory, KeyError):
                    thing.numbers[name] = self._objects.number(popen[name])
        with suppress(UnreadableMemory, KeyError):
            target = attributes["_target"]
            if self._objects.type_name(target) == "function":
                # PyFunctionObject: the place of its qualified name differs, so that it is found by its type.
                for word in self._memory.pointers(target + 16, 6):
                    with suppress(UnreadableMemory):
                        thing.texts["target"] = self._objects.text(word)
                        break

    def _add_workers(self, thing: SharedObject, address: int | None) -> None:
        if address is None:
            return
        with suppress(UnreadableMemory):
            for place, worker in enumerate(self._objects.items(address)):
                with suppress(UnreadableMemory):
                    thing.parts[f"worker {place}"] = self._decode(worker).address

    def _pending_tasks(self, cache: int | None) -> int:
        """Return the number of tasks of a Pool whose results have not arrived; each item of a `map` counts as one."""
        count = 0
        with suppress(UnreadableMemory):
            for _, result in self._objects.dict_items(cache) if cache is not None else ():
                attributes = self._objects.attributes(result)
                left, chunk = (
                    self._objects.number(attributes[name]) if name in attributes else 1
                    for name in ("_number_left", "_chunksize")
                )
                items = self.length(attributes.get("_value")) if "_number_left" in attributes else 1
                count += min(left * chunk, items)
        return count

    def _jobs(self, cache: int | None) -> str:
        """The numbers of the calls of a Pool whose results have not arrived, each of which has a new one."""
        with suppress(UnreadableMemory):
            keys = [key for key, _ in self._objects.dict_items(cache)] if cache is not None else []
            return " ".join(str(self._objects.number(key)) for key in keys)
        return ""

    def _add_block(self, thing: SharedObject, attributes: dict[str, int]) -> None:
        """Note the type of a Value, and where it lies: the descriptor of its arena, the offset there, and its size."""
        with suppress(UnreadableMemory, KeyError):
            value = attributes["_obj"]
            block, size = self._objects.items(
                self._objects.attributes(self._objects.attributes(value)["_wrapper"])["_state"]
            )
            arena, start, _ = self._objects.items(block)
            thing.numbers["size"], thing.numbers["start"] = self._objects.number(size), self._objects.number(start)
            thing.texts["type"] = self._objects.type_name(value)
            thing.descriptors["arena"] = self._objects.number(self._objects.attributes(arena)["fd"])

    def _add_executor(self, thing: SharedObject, attributes: dict[str, int]) -> None:
        with suppress(UnreadableMemory, KeyError):
            processes = attributes["_processes"]
            if self._objects.type_name(processes) != "dict" and (thread := self.handover_thread(thing)) is not None:
                processes = thread.processes or processes  # `shutdown()` has set the attribute to None
            for place, (_, worker) in enumerate(self._objects.dict_items(processes)):
                with suppress(UnreadableMemory):
                    thing.parts[f"worker {place}"] = self._decode(worker).address
        with suppress(UnreadableMemory, KeyError):
            thing.numbers["pending"] = self._objects.length(attributes["_pending_work_items"])


def _is_private(name: str) -> bool:
    """Return True for a private attribute: `ApplyResult._pool` is the `pool` of the program."""
    return "._" in name


def is_library(frame: Frame) -> bool:
    """Return whether a frame belongs to the standard library, and waits on behalf of the program."""
    return is_library_path(frame.code.path)


def is_library_path(path: str) -> bool:
    """Return whether a file belongs to the standard library."""
    return path.startswith("<frozen ") or (_STANDARD.search(path) is not None and "-packages/" not in path)


_STANDARD_POOLS = {
    Kind.POOL: ("multiprocessing.pool", "Pool"),
    Kind.EXECUTOR: ("concurrent.futures.process", "ProcessPoolExecutor"),
}
"""The classes of pools in the standard library, by module and name."""
_TYPICAL_ATTRIBUTES = {
    Kind.JOINABLE_QUEUE: "_unfinished_tasks",
    Kind.QUEUE: "_reader",
    Kind.SIMPLE_QUEUE: "_reader",
    Kind.CONDITION: "_sleeping_count",
    Kind.EVENT: "_flag",
    Kind.BARRIER: "_wrapper",
    Kind.RLOCK: "_semlock",
    Kind.LOCK: "_semlock",
    Kind.BOUNDED_SEMAPHORE: "_semlock",
    Kind.SEMAPHORE: "_semlock",
    Kind.CONNECTION: "_handle",
    Kind.POOL: "_inqueue",
    Kind.EXECUTOR: "_pending_work_items",
    Kind.SHARED_MEMORY: "_size",
    Kind.SHAREABLE_LIST: "shm",
}
"""An attribute that distinguishes a class from others of its name, such as `threading.Condition`."""
_SEMAPHORES = {
    Kind.LOCK: ("_semlock",),
    Kind.RLOCK: ("_semlock",),
    Kind.SEMAPHORE: ("_semlock",),
    Kind.BOUNDED_SEMAPHORE: ("_semlock",),
    Kind.CONDITION: ("_lock", "_sleeping_count", "_woken_count", "_wait_semaphore"),
    Kind.EVENT: ("_flag",),
    Kind.QUEUE: ("_rlock", "_wlock", "_sem"),
    Kind.JOINABLE_QUEUE: ("_rlock", "_wlock", "_sem", "_unfinished_tasks"),
    Kind.SIMPLE_QUEUE: ("_rlock", "_wlock"),
}
_DESCRIPTORS = {
    Kind.CONNECTION: ("_handle",),
    Kind.QUEUE: ("_reader", "_writer"),
    Kind.JOINABLE_QUEUE: ("_reader", "_writer"),
    Kind.SIMPLE_QUEUE: ("_reader", "_writer"),
    Kind.PROCESS: ("_sentinel",),
}
_PARTS = {
    Kind.EVENT: ("_cond",),
    Kind.BARRIER: ("_cond",),
    Kind.JOINABLE_QUEUE: ("_cond",),
    Kind.POOL: ("_inqueue", "_outqueue"),
    Kind.EXECUTOR: ("_call_queue", "_result_queue"),
    Kind.SHAREABLE_LIST: ("shm",),
    Kind.VALUE: ("_lock",),
}
_NUMBERS = {
    Kind.QUEUE: ("_maxsize",),
    Kind.JOINABLE_QUEUE: ("_maxsize",),
    Kind.BARRIER: ("_parties",),
    Kind.PROCESS: ("_parent_pid",),
    Kind.POOL: ("_processes",),
    Kind.EXECUTOR: ("_max_workers",),
    Kind.SHARED_MEMORY: ("_size",),
}
_TEXTS = {Kind.PROCESS: ("_name",), Kind.POOL: ("_state",), Kind.SHARED_MEMORY: ("_name",)}
