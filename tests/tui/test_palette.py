from __future__ import annotations

import pytest
from rockproc.tui.actions.table import ACTIONS
from rockproc.tui.app.palette import Command


def command(action_id: str) -> Command:
    """Return the command of the Lab that has this action: the Catalog has some of the same name."""
    action = next(action for action in ACTIONS if action.id == action_id and action.scope != "catalog")
    return Command(action.id, action.name, action.help, "", action.synonyms, lambda: None, ends_run=action.ends_run)


def best(query: str) -> str:
    commands = [command(action.id) for action in ACTIONS if action.palette and action.scope != "catalog"]
    found = [command for command in commands if command.score(query)]
    return max(found, key=lambda command: command.score(query)).id if found else ""


@pytest.mark.parametrize(
    ("query", "action"),
    [
        ("deadlock", "findings"),
        ("code", "source"),
        ("backtrace", "stack"),
        ("rewind", "step_back"),
        ("kill process", "kill"),
        ("stop run", "end_run"),
        ("screenshot", "screenshot_here"),
        ("about", "lesson"),
    ],
)
def test_the_palette_finds_by_name_and_synonym(query: str, action: str) -> None:
    assert best(query) == action


@pytest.mark.parametrize(
    "query", ["light", "end", "process", "run", "dark", "a", "the", "main", "back", "ended", "all"]
)
def test_no_command_that_ends_a_run_is_the_best_match_of_a_vague_word(query: str) -> None:
    ends = {action.id for action in ACTIONS if action.ends_run}
    assert best(query) not in ends


def test_every_command_has_a_name_of_its_own() -> None:
    for scopes in (("catalog", "everywhere"), ("processes", "messages", "output", "search", "lab", "everywhere")):
        names = [action.name for action in ACTIONS if action.palette and action.scope in scopes]
        assert len(names) == len(set(names))


def test_every_action_has_an_id_of_its_own() -> None:
    """Texts and keys.toml name actions by id, so an id may repeat only with the same keys."""
    keys: dict[str, set[str]] = {}
    for action in ACTIONS:
        keys.setdefault(action.id, set()).add(action.keys)
    assert not [action_id for action_id, different in keys.items() if len(different) > 1]
