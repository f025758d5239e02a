"""Imports libraries without those of their parts that no command without a screen needs."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import cast


def import_msgspec() -> None:
    """Import msgspec without the modules that take longer to import than msgspec itself.

    `inspect` and the JSON Schema are for programs that ask for them. Of `typing_extensions`, msgspec uses two
    functions, and those of `typing` where it is not installed; they are the same in each Python that rockproc-tui runs
    on. All of these modules can still be imported afterwards.
    """
    modules = cast("dict[str, ModuleType | None]", sys.modules)
    if "msgspec" in modules:
        return
    stand_ins = {name: module for name, module in _stand_ins().items() if name not in modules}
    modules.update(stand_ins)
    try:
        import msgspec

        del msgspec.inspect
    except (ImportError, AttributeError):  # another version of msgspec needs more: it shall find all of it
        # Its compiled module stays: CPython 3.12 crashes when that is initialised a second time.
        for name in [name for name in modules if name.partition(".")[0] == "msgspec" and name != "msgspec._core"]:
            del modules[name]
    finally:
        for name in stand_ins:
            modules.pop(name, None)


def _stand_ins() -> dict[str, ModuleType | None]:
    """Return modules with the names that msgspec takes from them. An import of None fails."""
    schema = ModuleType("msgspec._json_schema")
    vars(schema).update(schema=None, schema_components=None)
    return {
        "typing_extensions": None,
        "msgspec.inspect": ModuleType("msgspec.inspect"),
        "msgspec._json_schema": schema,
    }
