"""The interpreter of another process: its threads, their frames, the modules that it has imported."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import msgspec

from ..model import Site
from .layout import (
    COOKIE,
    DEBUG_OFFSETS_BYTES,
    LAYOUTS,
    NEWEST,
    OLDEST,
    Layout,
    described_layout,
    described_version,
    is_free_threaded,
)
from .lines import line_of
from .memory import Mapping, ProcessMemory, UnreadableMemory
from .objects import Objects
from .runtime_address import find_runtime

_MAX_FRAMES = 300
_MAX_THREADS = 500
_LEAST_OWNER_IN_C = 3
"""FRAME_OWNED_BY_CSTACK: such a frame stands for a call from C, and has no code of its own."""
_CELL, _FREE = 0x40, 0x80
"""CO_FAST_CELL and CO_FAST_FREE: the local is behind a cell object."""
_TAGS = 3
"""Bits of a reference on the stack of 3.14 and later that are no part of the address."""
_CELL_REFERENCE = 16
_MAX_TABLE_BYTES = 1 << 20
_HEAD_BYTES, _FUNCTION_WORDS = 16, 6


class NotReadable(Exception):
    """The Python objects of a process cannot be read; the message is the reason, a sentence for the user."""


class Code(msgspec.Struct, frozen=True):
    """A code object."""

    function: str
    path: str
    names: tuple[str, ...]
    """The names of its local variables, in the order in which a frame has them."""
    cells: tuple[bool, ...]
    first_line: int
    lines: bytes


class Frame(msgspec.Struct, frozen=True):
    """A call that a thread is inside of."""

    address: int
    code: Code
    site: Site
    local_variables: dict[str, int]
    """The addresses of its local variables by name. For a module or a class, these are its namespace."""

    @property
    def function(self) -> str:
        return self.code.function


class PythonThread(msgspec.Struct, frozen=True):
    ident: int
    """The number that `threading.get_ident()` returns."""
    native: int | None
    """The thread's number for the kernel; None where this is not stored."""
    frames: tuple[Frame, ...]
    """The frames, the innermost first."""


class Interpreter:
    """Reads the Python interpreter of another process.

    Raises NotReadable if the process is no Python of a known version, and OSError if it may not be read.
    """

    def __init__(self, memory: ProcessMemory, mappings: list[Mapping]) -> None:
        self.memory = memory
        found = find_runtime(memory, mappings)
        if found is None:
            raise NotReadable("It is no Python process, or one whose executable has no symbol table.")
        self.runtime, named = found
        self.layout = self._layout(named)
        self.version = self.layout.version
        self.objects = Objects(memory, self.layout)
        self._codes: dict[int, Code] = {}
        self._namespaces: dict[str, dict[str, int]] = {}
        self._state = self._first_state()

    def _layout(self, named: tuple[int, int] | None) -> Layout:
        try:
            head = self.memory.read(self.runtime, DEBUG_OFFSETS_BYTES)
        except UnreadableMemory as error:
            raise NotReadable("The interpreter's own state cannot be read.") from error
        version = described_version(head) or named
        if version is None:
            raise NotReadable("Its Python version cannot be determined: none of its files has it in its name.")
        if not OLDEST <= version <= NEWEST:
            raise NotReadable(f"Python {version[0]}.{version[1]} is not known; 3.8 to {NEWEST[0]}.{NEWEST[1]} are.")
        if is_free_threaded(head):
            raise NotReadable("Its Python is free-threaded, whose objects cannot be read yet.")
        layout = described_layout(head) if head.startswith(COOKIE) else LAYOUTS[version]
        if layout is None:
            raise NotReadable(f"Python {version[0]}.{version[1]} is not known.")
        return layout

    def _first_state(self) -> int:
        """Check that the layout fits: the first thread of the interpreter points back to it."""
        try:
            state = self.memory.pointer(self.runtime + self.layout.interpreters_head)
            thread = self.memory.pointer(state + self.layout.threads_head)
            if self.memory.pointer(thread + self.layout.thread_interpreter) == state:
                return state
        except UnreadableMemory:
            pass
        raise NotReadable("Its Python is starting or ending, or is a build whose layout is not known.")

    # threads

    def threads(self) -> list[PythonThread]:
        """Return the threads that have a thread state. A stack that changes while it is read is cut there."""
        found: list[PythonThread] = []
        layout = self.layout
        try:
            thread = self.memory.pointer(self._state + layout.threads_head)
            while thread and len(found) < _MAX_THREADS:
                native = layout.native_thread_id
                found.append(
                    PythonThread(
                        ident=self.memory.pointer(thread + layout.thread_id),
                        native=self.memory.pointer(thread + native) if native is not None else None,
                        frames=tuple(self._frames(thread)),
                    )
                )
                thread = self.memory.pointer(thread + layout.thread_next)
        except UnreadableMemory:
            pass
        return found

    def _frames(self, thread: int) -> Iterator[Frame]:
        layout = self.layout
        count = 0
        try:
            frame = self.memory.pointer(thread + layout.frame)
            if layout.cframe_frame is not None:
                frame = self.memory.pointer(frame + layout.cframe_frame)
            while frame and count < _MAX_FRAMES:
                count += 1
                found = self._frame(frame)
                if found is not None:
                    yield found
                frame = self.memory.pointer(frame + layout.frame_previous)
        except UnreadableMemory:
            return

    def _frame(self, address: int) -> Frame | None:
        layout = self.layout
        owner = layout.frame_owner if layout.version >= (3, 12) else None
        if owner is not None and self.memory.byte(address + owner) >= _LEAST_OWNER_IN_C:
            return None
        at = self.memory.pointer(address + layout.frame_code) & ~_TAGS
        code = self._code(at)
        if code is None:
            return None
        if layout.version < (3, 10):
            offset = self.memory.int32(address + layout.frame_instruction)
        elif layout.version == (3, 10):
            offset = 2 * self.memory.int32(address + layout.frame_instruction)
        else:
            offset = self.memory.pointer(address + layout.frame_instruction) - at - layout.code_instructions
        line = line_of(layout.version, code.lines, code.first_line, offset)
        return Frame(address, code, Site(code.path, line), self._locals(address, code))

    def _locals(self, address: int, code: Code) -> dict[str, int]:
        """Return the local variables of a frame that can be read."""
        found: dict[str, int] = {}
        try:
            if code.function == "<module>":
                namespace = self.memory.pointer(address + self.layout.frame_globals)
                return {self.objects.text(name): value for name, value in self.objects.dict_items(namespace)}
            values = self.memory.pointers(address + self.layout.frame_localsplus, len(code.names))
            for name, value, cell in zip(code.names, values, code.cells, strict=True):
                if value & _TAGS == _TAGS:
                    continue  # a small int in the place of an address
                value &= ~_TAGS
                if value and cell and self.objects.type_name(value) == "cell":
                    value = self.memory.pointer(value + _CELL_REFERENCE)
                if value:
                    found[name] = value
        except UnreadableMemory:
            pass
        return found

    def _code(self, address: int) -> Code | None:
        known = self._codes.get(address)
        if known is not None:
            return known
        objects, layout = self.objects, self.layout
        if objects.type_name(address) != "code":
            return None
        read, pointer = self.memory.read, self.memory.pointer
        table = pointer(address + layout.code_lines)
        size = min(pointer(table + 16), _MAX_TABLE_BYTES)
        if layout.one_frame_stack:
            names = objects.items(pointer(address + layout.code_localsplus_names))
            kinds = read(pointer(address + layout.code_localsplus_kinds) + 32, len(names))
            cells = tuple(bool(kind & (_CELL | _FREE)) for kind in kinds)
        else:
            parts = [objects.items(pointer(address + layout.code_localsplus_names + 8 * place)) for place in (0, 2, 1)]
            names = tuple(name for part in parts for name in part)
            cells = (False,) * len(parts[0]) + (True,) * (len(parts[1]) + len(parts[2]))
        code = Code(
            function=objects.text(pointer(address + layout.code_name)),
            path=objects.text(pointer(address + layout.code_filename)),
            names=tuple(objects.text(name) for name in names),
            cells=cells,
            first_line=self.memory.int32(address + layout.code_first_line),
            lines=read(table + 32, size),
        )
        self._codes[address] = code
        return code

    def code_of(self, function: int) -> Code | None:
        """Return the code object of a Python function. Raises UnreadableMemory."""
        # The place of the code in PyFunctionObject differs, so that it is found by its type.
        for word in self.memory.pointers(function + _HEAD_BYTES, _FUNCTION_WORDS):
            try:
                if self.objects.type_name(word) == "code":
                    return self._code(word)
            except UnreadableMemory:
                continue
        return None

    # modules

    @cached_property
    def modules(self) -> dict[str, int]:
        """`sys.modules`: addresses of modules by name."""
        found: dict[str, int] = {}
        try:
            for name, module in self.objects.dict_items(self.memory.pointer(self._state + self.layout.modules)):
                found[self.objects.text(name)] = module
        except UnreadableMemory:
            pass
        return found

    def namespace(self, module: str) -> dict[str, int]:
        """Return the globals of a module; empty where it was not imported."""
        address = self.modules.get(module)
        if module in self._namespaces or address is None:
            return self._namespaces.get(module, {})
        found = self._namespaces[module] = dict[str, int]()
        try:
            for name, value in self.objects.dict_items(self.memory.pointer(address + 16)):
                found[self.objects.text(name)] = value
        except UnreadableMemory:
            pass
        return found
