"""Shows the beginning of a message as Python would write it, without ever unpickling it.

The opcodes of the pickle are followed on a small machine of our own that makes text: nothing is imported, called or
evaluated, and a message that was cut short shows as far as it goes.
"""

from __future__ import annotations

import io
import pickletools
from collections.abc import Callable
from functools import lru_cache
from typing import cast

import msgspec

_MAX_CHARACTERS = 400
_MAX_DEPTH = 40


@lru_cache(4096)
def preview(data: bytes, whole: int | None) -> str:
    """Return the beginning of a message as Python would write it.

    Args:
        data: The first bytes of the message.
        whole: How many bytes it has in all. None as long as nothing of it was seen; the preview is empty then.
    """
    if whole is None:
        return ""
    cut = whole > len(data)
    if len(data) >= 2 and data[0] == 0x80 and 0 < data[1] <= 5:
        return _shorten(_Machine().run(data, cut))
    return _shorten(_raw(data) + ("…" if cut else ""))


def _raw(data: bytes) -> str:
    try:
        return repr(data.decode()) if data.isascii() else repr(data)
    except UnicodeDecodeError:
        return repr(data)


def _shorten(text: str) -> str:
    return text if len(text) <= _MAX_CHARACTERS else text[: _MAX_CHARACTERS - 1] + "…"


class _Group(msgspec.Struct):
    """A list, tuple, set or dict under construction."""

    open: str
    close: str
    items: list[object] = msgspec.field(default_factory=list[object])
    pairs: bool = False

    def text(self, depth: int = 0) -> str:
        if depth > _MAX_DEPTH:
            return "…"
        if not self.items and not self.pairs and self.open == "{":
            return "set()"
        shown: list[str] = []
        length = 0
        step = 2 if self.pairs else 1
        for index in range(0, len(self.items), step):
            parts = [_text(item, depth) for item in self.items[index : index + step]]
            shown.append(": ".join(parts))
            length += len(shown[-1])
            if length > _MAX_CHARACTERS:  # a container may contain itself many times
                break
        comma = "," if self.open == "(" and len(shown) == 1 else ""
        return f"{self.open}{', '.join(shown)}{comma}{self.close}"


class _Made(msgspec.Struct):
    """An object that is rebuilt by calling something: shown as that call, with its state."""

    name: str
    arguments: object = None
    state: object = None

    def text(self, depth: int = 0) -> str:
        if depth > _MAX_DEPTH:
            return "…"
        if self.arguments is None and self.state is None:
            return self.name
        inner: list[str] = []
        if isinstance(self.arguments, _Group):
            inner = [_text(item, depth) for item in self.arguments.items]
        if isinstance(self.state, _Group) and self.state.pairs:
            keys, values = self.state.items[::2], self.state.items[1::2]
            inner += [
                f"{key.strip(chr(39)) if isinstance(key, str) else _text(key, depth)}={_text(value, depth)}"
                for key, value in zip(keys, values, strict=False)
            ]
        elif self.state is not None:
            inner.append(_text(self.state, depth))
        return f"{self.name}({', '.join(inner)})"


def _text(item: object, depth: int = 0) -> str:
    if isinstance(item, (_Group, _Made)):
        return item.text(depth + 1)
    return item if isinstance(item, str) else "…"


_MARK = object()
_GROUPS = {
    "EMPTY_LIST": ("[", "]", False),
    "EMPTY_TUPLE": ("(", ")", False),
    "EMPTY_DICT": ("{", "}", True),
    "EMPTY_SET": ("{", "}", False),
}
_WORDS = {"NONE": "None", "NEWTRUE": "True", "NEWFALSE": "False"}
_TEXTS = {b"\x8c", b"X", b"\x8d"}
_LENGTHS = {b"\x8c": 1, b"X": 4, b"\x8d": 8, b"C": 1, b"B": 4, b"\x8e": 8}
"""Opcodes of texts and bytes, and how many bytes of length follow them."""
_NUMBERS = {"BININT", "BININT1", "BININT2", "LONG1", "LONG4", "BINFLOAT", "INT", "LONG", "FLOAT"}
_COLLECTED = {"TUPLE": ("(", ")"), "LIST": ("[", "]"), "DICT": ("{", "}"), "FROZENSET": ("frozenset({", "})")}
_IGNORED = {"PROTO", "FRAME"}


class _Machine:
    def __init__(self) -> None:
        self._stack: list[object] = []
        self._memo: dict[int, object] = {}

    def run(self, data: bytes, cut: bool) -> str:
        file = io.BytesIO(data)
        begin = 0
        try:
            for opcode, argument, _ in pickletools.genops(file):
                if opcode.name == "STOP":
                    return _text(self._stack[-1])
                self._step(opcode.name, argument)
                begin = file.tell()
        except Exception:  # a cut or hostile pickle: what was understood so far is shown
            pass
        if cut:
            self._cut_text(data[begin:])
        return (self._unfinished() or repr(data[:60])) + "…"

    def _cut_text(self, rest: bytes) -> None:
        """Show the beginning of a text or bytes object that is cut off."""
        width = _LENGTHS.get(rest[:1])
        if width is not None:
            body = rest[1 + width :]
            text = repr(body.decode("utf-8", "replace") if rest[:1] in _TEXTS else body)
            self._stack.append(text[:-1])

    def _unfinished(self) -> str:
        """Put what is on the stack into the containers that were waiting for it, from the top down."""
        top: list[object] = []
        marked = False
        for item in reversed(self._stack):
            if item is _MARK:
                if marked:
                    top = [_Group("(", "", top)]
                marked = True
            elif isinstance(item, _Group) and (marked or not item.items) and item.open != "(":
                # A copy: a container may be in its own memo, and so in itself.
                top = [_Group(item.open, item.close, [*item.items, *top], item.pairs)]
                marked = False
            else:
                if marked:
                    top = [_Group("(", "", top)]
                    marked = False
                top.insert(0, item)
        if marked or len(top) > 1:
            top = [_Group("(", "", top)]
        text = _text(top[0]) if top else ""
        return text.rstrip(")]}") if text[-1:] in ")]}" else text

    def _pop_to_mark(self) -> list[object]:
        items: list[object] = []
        while self._stack:
            item = self._stack.pop()
            if item is _MARK:
                break
            items.append(item)
        return items[::-1]

    def _step(self, name: str, argument: object) -> None:
        if name in _IGNORED:
            return
        step = _STEPS.get(name)
        if step is not None:
            step(self, name, argument)
        else:
            self._stack.append(_constant(name, argument))

    def _pop(self, count: int) -> list[object]:
        items = self._stack[-count:]
        del self._stack[-count:]
        return items

    def small_tuple(self, name: str, _argument: object) -> None:
        self._stack.append(_Group("(", ")", self._pop(int(name[-1]))))

    def collect(self, name: str, _argument: object) -> None:
        group = _Group(*_COLLECTED[name], pairs=name == "DICT")
        group.items = self._pop_to_mark()
        self._stack.append(group)

    def add(self, name: str, _argument: object) -> None:
        items = self._pop(1 if name == "APPEND" else 2)
        self._extend(self._stack[-1], items)

    def add_all(self, _name: str, _argument: object) -> None:
        items = self._pop_to_mark()
        self._extend(self._stack[-1], items)

    def push_global(self, _name: str, _argument: object) -> None:
        _module, qualified = self._pop(2)
        self._stack.append(_Made(_text(qualified).strip("'")))

    def reduce(self, _name: str, _argument: object) -> None:
        made, arguments = self._pop(2)
        self._stack.append(self._call(made, arguments))

    def reduce_with_keywords(self, _name: str, _argument: object) -> None:
        made, arguments, _keywords = self._pop(3)
        self._stack.append(self._call(made, arguments))

    def build(self, _name: str, _argument: object) -> None:
        state = self._stack.pop()
        if isinstance(self._stack[-1], _Made):
            self._stack[-1].state = state

    def remember(self, name: str, argument: object) -> None:
        self._memo[len(self._memo) if name == "MEMOIZE" else cast("int", argument)] = self._stack[-1]

    def recall(self, _name: str, argument: object) -> None:
        item = self._memo.get(cast("int", argument), "…")
        self._stack.append(item if isinstance(item, str) else _Copied(item).text())

    def drop(self, _name: str, _argument: object) -> None:
        self._stack.pop()

    def drop_to_mark(self, _name: str, _argument: object) -> None:
        self._pop_to_mark()

    def duplicate(self, _name: str, _argument: object) -> None:
        self._stack.append(self._stack[-1])

    @staticmethod
    def _extend(container: object, items: list[object]) -> None:
        if isinstance(container, _Group):
            container.items.extend(items)

    @staticmethod
    def _call(made: object, arguments: object) -> _Made:
        name = made.name if isinstance(made, _Made) else _text(made)
        if name == "_reconstructor" and isinstance(arguments, _Group) and arguments.items:
            first = arguments.items[0]
            return _Made(first.name if isinstance(first, _Made) else _text(first), _Group("(", ")"))
        return _Made(name, arguments)


class _Copied(msgspec.Struct):
    """A repeated object: shown again if it is small, otherwise only named, since it may contain itself."""

    item: object

    def text(self) -> str:
        if isinstance(self.item, _Made):
            return self.item.name if self.item.arguments is None else f"{self.item.name}(…)"
        return "…"


def _constant(name: str, argument: object) -> object:
    """Return what an opcode pushes that reads nothing from the stack; an ellipsis for opcodes that are not known."""
    if name == "MARK":
        return _MARK
    if name in _WORDS:
        return _WORDS[name]
    if name in _GROUPS:
        opening, closing, pairs = _GROUPS[name]
        return _Group(opening, closing, pairs=pairs)
    if name in ("GLOBAL", "INST"):
        return _Made(str(argument).split(" ")[-1])
    if name == "BYTEARRAY8":
        return f"bytearray({argument!r})"
    if name in _NUMBERS or "UNICODE" in name or "STRING" in name or "BYTES" in name:
        return repr(argument)
    return "…"


_STEPS: dict[str, Callable[[_Machine, str, object], None]] = {
    **dict.fromkeys(("TUPLE1", "TUPLE2", "TUPLE3"), _Machine.small_tuple),
    **dict.fromkeys(_COLLECTED, _Machine.collect),
    **dict.fromkeys(("APPEND", "SETITEM"), _Machine.add),
    **dict.fromkeys(("APPENDS", "SETITEMS", "ADDITEMS"), _Machine.add_all),
    **dict.fromkeys(("MEMOIZE", "BINPUT", "LONG_BINPUT", "PUT"), _Machine.remember),
    **dict.fromkeys(("BINGET", "LONG_BINGET", "GET"), _Machine.recall),
    **dict.fromkeys(("REDUCE", "NEWOBJ"), _Machine.reduce),
    "NEWOBJ_EX": _Machine.reduce_with_keywords,
    "STACK_GLOBAL": _Machine.push_global,
    "BUILD": _Machine.build,
    "POP": _Machine.drop,
    "POP_MARK": _Machine.drop_to_mark,
    "DUP": _Machine.duplicate,
}
"""The opcodes that read the stack or the memo."""
