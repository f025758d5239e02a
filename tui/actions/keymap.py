"""The user's own keys, in the file `keys.toml` of the settings folder.

[keys]
terminate = "T"
help = "question_mark,f1"
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, cast

import platformdirs
from rockproc.widgets.bases.rows import Rows
from textual.binding import Binding, InvalidBinding
from textual.keys import Keys, format_key, key_to_character

from .table import ACTIONS, Action

MAX_FILE_BYTES = 64_000
RENAMED = {"experiments": "steps", "stop": "end_run"}
"""The present ids of actions that had another one in version 0.1.0."""
_MODIFIERS = ("ctrl", "shift", "alt", "meta", "super", "hyper")
_KEY_NAMES = {str(key.value) for key in Keys}
_LIST_KEYS = {key for binding in Rows.BINDINGS for key in cast("Binding", binding).key.split(",")}


class KeysError(Exception):
    """The message is one line that says what is wrong in the file."""


def keys_file() -> Path:
    return Path(platformdirs.user_config_dir("rockproc")) / "keys.toml"


def load(file: Path, screens: Iterable[tuple[str, ...]]) -> dict[str, str]:
    """Read the keys by the ids of their actions; nothing when there is no file.

    Args:
        file: The file; it need not exist.
        screens: For each screen the scopes whose actions work at the same time.

    Raises:
        KeysError: The file cannot be read, or does not say anything sensible.
    """
    try:
        with file.open("rb") as opened:
            text = opened.read(MAX_FILE_BYTES).decode()
        data = tomllib.loads(text)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise KeysError(str(error.strerror)) from error
    except ValueError as error:  # no TOML, or no UTF-8
        raise KeysError(str(error)) from error
    keymap = _validate(data)
    for scopes in screens:
        _check_unique([action for action in ACTIONS if action.scope in scopes], keymap)
    return keymap


def _validate(data: Mapping[str, Any]) -> dict[str, str]:
    table = data.get("keys")
    if set(data) - {"keys"} or not isinstance(table, dict):
        raise KeysError("the keys must be in one table, [keys]")
    known = {action.id for action in ACTIONS}
    keymap: dict[str, str] = {}
    for written, keys in cast("dict[str, object]", table).items():
        name = RENAMED.get(written, written)
        if name not in known:
            near = difflib.get_close_matches(name, known, 1, 0.4)
            raise KeysError(f"there is no action “{name}”" + (f": did you mean “{near[0]}”?" if near else ""))
        if not isinstance(keys, str) or not keys:
            raise KeysError(f"{name} needs a key in quotes, as in {name} = “x”")
        keymap[name] = ",".join(_keys(name, keys))
    return keymap


def _keys(name: str, keys: str) -> list[str]:
    """Return the keys of an action by their long names."""
    try:
        found = [binding.key for binding in Binding.make_bindings([Binding(keys, name)])]
    except InvalidBinding as error:
        raise KeysError(f"{name}: “{keys}” is no list of keys") from error
    for key in found:
        *modifiers, base = key.split("+")
        shown = key_to_character(base) or format_key(base)
        if (base not in _KEY_NAMES and len(shown) != 1) or any(name not in _MODIFIERS for name in modifiers):
            raise KeysError(f"{name}: there is no key “{key}”")
        if key in _LIST_KEYS:
            raise KeysError(f"{name}: {key} moves in the lists")
    return found


def _check_unique(actions: list[Action], keymap: Mapping[str, str]) -> None:
    owners: dict[str, Action] = {}
    for action in actions:
        for binding in Binding.make_bindings([Binding(keymap.get(action.id, action.keys), action.id)]):
            other = owners.setdefault(binding.key, action)
            if other.id != action.id:
                raise KeysError(f"{other.id} and {action.id} would both have {binding.key}")
