"""Lines that change what a subscript has returned."""

from __future__ import annotations

from pathlib import Path

import pytest
from rockproc.observer.model import Site
from rockproc.observer.source.changed_copies import copy_changes


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("d['a'].append(x)", ["'a'"]),
        ("d['a'][0] = x", ["'a'"]),
        ("d['a'][0] += 1", ["'a'"]),
        ("del d['a'][0]", ["'a'"]),
        ("d[k].append(x)", [None]),
        ("d[0].append(x)", [None]),
        ("d['a'].update(x)", [None]),
        ("d['a'].append(e['a'])", [None]),
        ("d['a'] = x", []),
        ("d['a'] += [x]", []),
        ("x = d['a'].pop()", []),
        ("d['a'].index(x)", []),
        ("a.append(d['a'])", []),
        ("d['a'", []),
    ],
)
def test_the_item_of_a_changed_copy_is_found(line: str, found: list[str | None], tmp_path: Path) -> None:
    """None stands for an item that may belong to another object: only the object's name can tell."""
    script = tmp_path / "program.py"
    script.write_text(f"\n{line}\n")
    assert [change.item for change in copy_changes(Site(str(script), 2))] == found
    assert copy_changes(Site(str(script), 1)) == ()


def test_an_attribute_is_named_as_objects_are(tmp_path: Path) -> None:
    script = tmp_path / "program.py"
    script.write_text("class Registry:\n    def add(self, k, x):\n        self.users[k].append(x)\n")
    (change,) = copy_changes(Site(str(script), 3))
    assert change.base == "Registry.users"
