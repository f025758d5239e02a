"""The line of a channel lists its processes with commas, with the verbs of its kind."""

from __future__ import annotations

from collections import Counter

import pytest
from msgspec.structs import replace
from rockproc.observer.model.keys import ProcessKey
from rockproc.widgets.bases.view import View
from rockproc.widgets.panels.channel_summary import ChannelUsers, lines

from tests.fakes import MAIN, ONE, PIPE, TASKS, THREE, TWO, snapshot


def text_of(channel_key: int, puts: list[ProcessKey], gets: list[ProcessKey], columns: int = 100) -> str:
    view, users = View.of(snapshot()), ChannelUsers()
    users.puts[channel_key], users.gets[channel_key] = Counter(puts), Counter(gets)
    channel = next(channel for channel in view.snapshot.channels if channel.key == channel_key)
    channel = replace(channel, buffered=0)
    return "".join(text for text, _ in lines([channel], view, users, 6, columns)[0])


def test_several_processes_are_named_with_commas() -> None:
    assert "▸ main, worker-1 put  ◂ worker-2 gets" in text_of(TASKS, [MAIN, ONE], [TWO])


def test_the_most_active_processes_are_named_in_the_order_of_the_list() -> None:
    puts = [THREE, THREE, TWO, TWO, ONE, MAIN]
    assert "▸ main, worker-1, worker-2, worker-3 put  ◂ main gets" in text_of(TASKS, puts, [MAIN])
    assert "▸ worker-2, worker-3 +2 put  ◂ main gets" in text_of(TASKS, puts, [MAIN], 76)


def test_a_pipe_through_which_the_same_send_and_receive_names_them_once() -> None:
    assert text_of(PIPE, [MAIN, ONE], [ONE, MAIN]).endswith("  ⇄ main, worker-1")
    assert text_of(PIPE, [MAIN], [ONE]).endswith("  ▸ main sends  ◂ worker-1 receives")


def test_a_rate_gives_way_to_a_direction_that_had_no_room() -> None:
    assert "/s" in text_of(TASKS, [ONE], [TWO], 69)
    narrow = text_of(TASKS, [ONE], [TWO], 65)
    assert "/s" not in narrow
    assert "▸ worker-1 puts  ◂ worker-2 gets" in narrow


@pytest.mark.parametrize("columns", range(40, 90))
def test_no_name_and_no_verb_is_cut(columns: int) -> None:
    text = text_of(TASKS, [MAIN, MAIN, ONE, TWO], [THREE, TWO, ONE], columns)
    assert len(text) <= columns
    assert not text.rstrip().endswith(",")


@pytest.mark.parametrize("columns", [69, 80])
def test_both_directions_have_room_at_140_columns(columns: int) -> None:
    text = text_of(TASKS, [ONE], [TWO], columns)
    assert "worker-1 puts  ◂ worker-2 gets" in text
    assert len(text) <= columns
