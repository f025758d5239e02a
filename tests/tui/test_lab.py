from __future__ import annotations

import pickle
import re
import signal
import threading
import time

import pytest
from msgspec.structs import replace
from rockproc.observer.model import (
    ManagedObject,
    Manager,
    Message,
    MessageEvent,
    OutputLine,
    RunState,
    Site,
    State,
    Stream,
    UnobservedReason,
)
from rockproc.observer.model.keys import ManagedKey, ManagerKey
from rockproc.tui.app.application import RockprocApp
from rockproc.tui.dialogs.signal_menu import SignalMenu
from rockproc.tui.run import frame_clock
from rockproc.tui.screens.catalog import Catalog
from rockproc.tui.screens.lab import Lab
from rockproc.widgets.bases.rows import ListRows
from rockproc.widgets.bases.view import View
from rockproc.widgets.panels.key_bar import KeyBar
from rockproc.widgets.panels.locks import Locks
from rockproc.widgets.panels.messages import Messages
from rockproc.widgets.panels.output import Output
from rockproc.widgets.panels.source import Source
from rockproc.widgets.panels.steps import Steps
from textual.strip import Strip

from tests.fakes import ONE, PIPE, TASKS, THREE, TWO, FakeRun, nothing_yet, snapshot
from tests.parameters import fast_first
from tests.tui.conftest import lab, reached, run, settled, shown, text_of


def toasts(app: RockprocApp) -> str:
    return " | ".join(toast.message for toast in app._notifications)


async def test_all_parts_of_the_world_are_on_the_screen(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        text = text_of(lab_app)
    for part in (
        "two_locks.py · fork",
        "● 00:12.4",
        "3 processes",
        "1.2k records/s",
        "✖ worker-1 holds lock_a",
        "acquire lock_b",
        "SIGTERM · exitcode −15 · zombie, not joined",
        "not started",
        "{'job': 8}",
        "tasks ▸ worker-1",
        "counter int",
        "{x=1.875 y=-6.25}",
        "lock_a ● worker-1 2.2s  ◂ worker-2",
        "ready  ● set",
        "took lock_a",
        "! Traceback",
        "━━━",
        "╌╌╌",
        "✓ Seen: Wait. Both workers stop.",
        "t terminate worker-1",
        "9 kill worker-1",
        "? help",
    ):
        assert part in text, part


async def test_the_first_line_of_an_ended_run_counts_no_processes(lab_app: RockprocApp) -> None:
    base = snapshot()
    gone = tuple(replace(process, state=State.GONE) for process in base.processes)
    FakeRun.first = replace(base, processes=gone, state=RunState.ENDED)
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        line = text_of(lab_app).splitlines()[0]
        assert "process" not in line
        assert "records/s" not in line


async def test_the_first_line_counts_what_is_not_observed(lab_app: RockprocApp) -> None:
    base = snapshot()
    main = replace(base.processes[0], subinterpreters=2)
    child = replace(base.processes[1], probed=False, unobserved=UnobservedReason.ISOLATED)
    FakeRun.first = replace(base, processes=(main, child, *base.processes[2:]))
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        assert "not observed: 1 process, 2 subinterpreters" in text_of(lab_app).splitlines()[0]


@pytest.mark.slow
async def test_operations_without_records_are_mentioned(lab_app: RockprocApp) -> None:
    base = snapshot()
    busy = replace(base.processes[1], operations=4_000, records=100, dropped=7)
    FakeRun.first = replace(base, processes=(base.processes[0], busy))
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        assert "1.2k records/s, 1 in 40 shown, 7 found no room" in text_of(lab_app)


async def test_text_of_the_program_is_sanitized(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        text = ""
        for number in "123456":
            await pilot.press(number, "enter")
            text = text_of(lab_app)
            assert all(character.isprintable() for line in text.splitlines() for character in line)
            await pilot.press("escape")
        assert "[red]not markup[/red]" in text


@pytest.mark.slow
async def test_an_empty_run_says_why_it_is_empty(lab_app: RockprocApp) -> None:
    FakeRun.first = nothing_yet()
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        text = text_of(lab_app)
        for part in ("being started", "no messages · no shared values · no locks", "Nothing printed yet"):
            assert part in text, part
        run().world = replace(run().world, state=RunState.ENDED)
        await settled(pilot)
        await pilot.press("4")
        await settled(pilot)
        assert "made no Value, Array or" in text_of(lab_app)


async def test_a_small_terminal_shows_two_panels(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert [panel.NUMBER for panel in lab(lab_app).panels if panel.display] == [1, 3]
        await pilot.press("5")
        await settled(pilot)
        assert [panel.NUMBER for panel in lab(lab_app).panels if panel.display] == [1, 5]
        assert "lock_a" in text_of(lab_app)
        await pilot.press("tab")
        assert isinstance(lab(lab_app).focused, Output)
        await pilot.resize_terminal(140, 40)
        await settled(pilot)
        assert [panel.NUMBER for panel in lab(lab_app).panels if panel.display] == [1, 3, 4, 5, 6]


async def test_enter_enlarges_and_esc_backs_out(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(140, 40), notifications=True) as pilot:
        await settled(pilot)
        await pilot.press("1", "up", "down", "enter")
        await settled(pilot)
        assert [panel.NUMBER for panel in lab(lab_app).panels if panel.display] == [1]
        assert "handle made at two_locks.py:31" in text_of(lab_app)
        await pilot.press("escape")
        await settled(pilot)
        assert [panel.NUMBER for panel in lab(lab_app).panels if panel.display] == [1, 3, 4, 5, 6]
        await pilot.press("escape")
        await settled(pilot)
        assert isinstance(lab_app.screen, Lab)
        assert "esc again ends it" in toasts(lab_app)
        await pilot.press("escape")
        await settled(pilot)
        assert isinstance(lab_app.screen, Catalog)
        assert run().stopped


@pytest.mark.parametrize(
    ("key", "number"),
    fast_first([("t", signal.SIGTERM), ("z", signal.SIGSTOP), ("9", signal.SIGKILL), ("i", signal.SIGINT)], 2),
)
async def test_a_key_signals_the_selected_process(lab_app: RockprocApp, key: str, number: int) -> None:
    async with lab_app.run_test(size=(140, 40), notifications=True) as pilot:
        await settled(pilot)
        await pilot.press("up", "down", "down", key)
        assert run().sent == [(TWO, number)]
        assert "worker-2" in toasts(lab_app)
        await pilot.press("at")
        await settled(pilot)
        assert f"os.kill(4126, signal.{signal.Signals(number).name})" in text_of(lab_app)


async def test_the_signal_keys_belong_to_the_processes(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        await pilot.press("6", "home", "t", "z", "j", "k", "9")
        assert run().sent == []
        assert lab(lab_app).query_one(Output).cursor == 0
        assert "terminate" not in text_of(lab_app).splitlines()[-1]


@pytest.mark.slow
async def test_freeze_continues_a_stopped_process(lab_app: RockprocApp) -> None:
    stopped = snapshot()
    stopped = replace(
        stopped,
        processes=tuple(
            replace(process, state=State.STOPPED) if process.key == ONE else process for process in stopped.processes
        ),
    )
    FakeRun.first = stopped
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        assert "stopped in acquire lock_b" in text_of(lab_app)
        await pilot.press("up", "down", "z", "Z", "T")
        assert run().sent == [(ONE, signal.SIGCONT), (None, signal.SIGSTOP), (None, signal.SIGTERM)]


async def test_a_signal_that_cannot_be_sent_is_reported(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(140, 40), notifications=True) as pilot:
        await settled(pilot)
        await pilot.press("end", "t")
        assert "it has ended" in toasts(lab_app)
        await pilot.press("x")
        assert "cannot be signalled" in toasts(lab_app)
        assert isinstance(lab_app.screen, Lab)


async def test_the_signal_menu_names_its_target_and_holds_the_view(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        await pilot.press("up", "down", "x")
        await pilot.pause()
        assert isinstance(lab_app.screen, SignalMenu)
        assert "Send to worker-1 (4125)" in text_of(lab_app)
        world = run().world
        free = tuple(replace(lock, holders=()) for lock in world.locks)
        for later, locks in ((0.4, world.locks), (0.8, free)):
            run().world = replace(world, now=world.now + later, locks=locks)
            lab(lab_app).controller.frame_now()
        run().world = replace(
            world, now=99.0, processes=(world.processes[0], *reversed(world.processes[1:])), locks=free
        )
        lab(lab_app).controller.frame()
        assert [process.key for process in lab(lab_app).controller.view.snapshot.processes][1] == ONE
        await pilot.press("enter")
        await settled(pilot)
        assert run().sent == [(ONE, signal.SIGTERM)]
        assert lab(lab_app).controller.view.now == 99.0
        (hold,) = lab(lab_app).processes.chart._holds[ONE]
        assert hold.end == world.now + 0.8  # seen behind the menu


@pytest.mark.slow
async def test_esc_in_the_signal_menu_sends_nothing(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        await pilot.press("X")
        await pilot.pause()
        assert "every process" in text_of(lab_app)
        await pilot.press("down", "escape")
        assert run().sent == []
        assert not lab(lab_app).controller.held


async def test_space_pauses_the_view_visibly(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        await pilot.press("space")
        await settled(pilot)
        assert "VIEW PAUSED" in text_of(lab_app)
        lines = lab(lab_app).query_one(Output).count()
        run().world.output.append(OutputLine(13.0, 4125, "stdout", "printed meanwhile"))
        run().world = replace(run().world, now=13.0)
        await settled(pilot)
        await pilot.press("6", "enter", "escape", "1")
        await settled(pilot)
        text = text_of(lab_app)
        assert "printed meanwhile" not in text
        assert "00:13.0" in text  # the header still tells the time
        assert lab(lab_app).query_one(Output).count() == lines
        await pilot.press("space")
        await settled(pilot)
        assert "printed meanwhile" in text_of(lab_app)
        assert "VIEW PAUSED" not in text_of(lab_app)


async def test_steps_are_ticked_and_stay_ticked(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(140, 40), notifications=True) as pilot:
        await settled(pilot)
        assert lab(lab_app).controller.seen_steps == {0}
        assert "✓ Seen: Wait. Both workers stop." in text_of(lab_app)
        run().world = replace(run().world, findings=(), now=13.0)
        await settled(pilot)
        assert lab(lab_app).controller.seen_steps == {0}
        ended = tuple(
            replace(process, state=State.ZOMBIE, signal="SIGTERM") if process.key == TWO else process
            for process in run().world.processes
        )
        run().world = replace(run().world, processes=ended, now=14.0)
        await settled(pilot)
        assert lab(lab_app).controller.seen_steps == {0, 1}
        assert list(lab_app.seen_steps.values()) == [{0, 1}]


async def test_run_again_starts_another_run(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        await pilot.press("R")
        await reached(pilot, lambda: len(FakeRun.made) == 2 and run().started)
        assert FakeRun.made[0].stopped
        assert run().launch == FakeRun.made[0].launch
        await shown(pilot, "took lock_a")


async def test_stop_ends_the_run_and_keeps_the_view(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        await pilot.press("S")
        await settled(pilot)
        assert run().stopped
        assert isinstance(lab_app.screen, Lab)
        assert "■ 00:12.4" in text_of(lab_app)


@pytest.mark.slow
async def test_the_end_of_the_program_is_shown(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        keys = text_of(lab_app).splitlines()[-1]
        assert "t terminate" in keys
        assert "R run again" not in keys
        main = replace(run().world.processes[0], state=State.JOINED, exitcode=3, ended=12.0)
        run().world = replace(run().world, main=main, processes=(main, *run().world.processes[1:]), now=13.0)
        run().end(3)
        await settled(pilot)
        assert "exit 3" in text_of(lab_app).splitlines()[0]
        keys = text_of(lab_app).splitlines()[-1]
        assert re.search(r"R run again +esc back +\? help", keys)
        assert "t terminate" not in keys


@pytest.mark.slow
async def test_the_key_bar_fits_the_selected_process(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert "z freeze" in text_of(lab_app).splitlines()[-1]
        stopped = tuple(replace(process, state=State.STOPPED) for process in run().world.processes)
        run().world = replace(run().world, processes=stopped, now=13.0)
        await settled(pilot)
        assert "z continue" in text_of(lab_app).splitlines()[-1]
        ended = tuple(replace(process, state=State.JOINED, exitcode=0) for process in run().world.processes)
        run().world = replace(run().world, processes=ended, now=14.0)
        await settled(pilot)
        assert "z " not in text_of(lab_app).splitlines()[-1]


@pytest.mark.slow
async def test_a_ticked_step_stays_visible_for_a_moment(lab_app: RockprocApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rockproc.widgets.panels.steps._SHOWN_SECONDS", 0.3)
    async with lab_app.run_test(size=(80, 24), notifications=True) as pilot:
        await settled(pilot)
        lab(lab_app).controller.seen_steps.add(1)
        lab(lab_app).step_seen(1)
        await settled(pilot)
        assert "✓ Seen: Terminate worker-2." in text_of(lab_app)
        strip = lab(lab_app).query_one("#strip", Steps)
        deadline = time.monotonic() + 10
        while strip._just is not None and time.monotonic() < deadline:
            await pilot.pause(0.05)
        assert "Seen: " not in text_of(lab_app)
        assert not toasts(lab_app)
        await pilot.press("2", "enter")  # there the strip has no place
        lab(lab_app).step_seen(1)
        await settled(pilot)
        assert "✓ Seen" in toasts(lab_app)


async def test_a_program_that_does_not_start_is_reported(lab_app: RockprocApp) -> None:
    FakeRun.refuses = OSError("no [such] interpreter")
    async with lab_app.run_test(size=(140, 40), notifications=True) as pilot:
        await settled(pilot)
        assert "no [such] interpreter" in toasts(lab_app)
        await pilot.press("escape")
        await settled(pilot)
        assert isinstance(lab_app.screen, Catalog)


async def test_quitting_stops_the_run(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(140, 40), notifications=True) as pilot:
        await settled(pilot)
        await pilot.press("q")
        assert "^q quits" in toasts(lab_app)
        assert lab_app.is_running
        await pilot.press("ctrl+q")
        await pilot.pause()
        assert not lab_app.is_running
    lab_app.stop_runs()
    assert run().stopped


@pytest.mark.usefixtures("rendered")
@pytest.mark.slow
async def test_a_changed_message_is_redrawn_at_once(lab_app: RockprocApp, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message must be redrawn even if no other row is added."""
    drawn: list[str] = []
    render_line = Messages.render_line

    def remember(messages: Messages, y: int) -> Strip:
        drawn.append((strip := render_line(messages, y)).text)
        return strip

    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        message = Message(TASKS, ONE, put=12.0)
        run().world.messages.append(MessageEvent(12.0, "put", ONE, message))
        run().world = replace(run().world, now=13.0)
        await settled(pilot)
        monkeypatch.setattr(Messages, "render_line", remember)
        message.sent, message.content, message.size = 12.1, pickle.dumps("late"), len(pickle.dumps("late"))
        run().world.messages.append(MessageEvent(12.1, "sent", ONE, message))
        run().world = replace(run().world, now=14.0)
        await settled(pilot)
        assert any("'late'" in line for line in drawn)


async def test_channels_can_be_filtered(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        messages = lab(lab_app).query_one(Messages)
        every = messages.count()
        await pilot.press("3", "c")
        await settled(pilot)
        assert messages.channel == TASKS
        assert {item.message.channel for item in messages._items if isinstance(item, MessageEvent)} == {TASKS}
        assert "depth 3" in text_of(lab_app)
        await pilot.press("right")
        assert messages.channel == PIPE
        await pilot.press("right")
        assert (messages.channel, messages.count()) == (None, every)


@pytest.mark.slow
async def test_following_stops_and_resumes(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        messages = lab(lab_app).query_one(Messages)
        assert messages.follow
        assert messages.scroll_offset.y == messages.max_scroll_y > 0
        await pilot.press("3", "up", "up")
        assert not messages.follow
        place = messages.scroll_offset.y
        late = Message(TASKS, ONE, sent=12.0, size=4, content=b"late")
        run().world.messages.append(MessageEvent(12.0, "sent", ONE, late))
        run().world = replace(run().world, now=13.0)
        await settled(pilot)
        assert messages.scroll_offset.y == place
        assert "1 new" in text_of(lab_app)
        await pilot.press("end")
        await settled(pilot)
        assert messages.follow
        assert "'late'" in text_of(lab_app)


@pytest.mark.slow
async def test_a_line_whose_process_becomes_known_later_gets_its_name(lab_app: RockprocApp) -> None:
    def line() -> str:
        (found,) = (line for line in text_of(lab_app).splitlines() if "who am I" in line)
        return found[: found.index("who am I")].rpartition("│")[2]

    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        world = run().world
        world.output.append(OutputLine(12.0, 9999, "stdout", "who am I"))
        run().world = replace(world, now=13.0)
        await settled(pilot)
        assert line().split()[1] == "9999"
        late = [replace(process, pid=9999) if process.key == ONE else process for process in world.processes]
        late = [replace(process, name="latecomer") if process.key == ONE else process for process in late]
        run().world = replace(world, now=14.0, processes=tuple(late))
        await settled(pilot)
        assert line().split()[1] == "latecomer"


@pytest.mark.slow
async def test_an_ended_run_shows_no_rates(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        messages = lab(lab_app).query_one(Messages)
        for shows in ("channels", "depth"):
            assert shows in str(messages.border_title)
            assert "8.2k/s" in str(messages.border_title)
            lab(lab_app).query_one(Messages).choose(TASKS)
        run().world = replace(run().world, now=13.0, state=RunState.ENDED)
        await settled(pilot)
        assert "/s" not in str(messages.border_title)
        messages.choose(None)
        assert "/s" not in str(messages.border_title)


@pytest.mark.parametrize("ends", ["news", "a key"])
@pytest.mark.slow
async def test_activity_after_idle_time_is_drawn_at_once(
    lab_app: RockprocApp, monkeypatch: pytest.MonkeyPatch, ends: str
) -> None:
    monkeypatch.setattr(frame_clock, "SETTLED_SECONDS", -1.0)
    monkeypatch.setattr(frame_clock, "IDLE_FRAMES_PER_SECOND", 0.001)
    FakeRun.first = replace(snapshot(), version=1)
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        clock = lab(lab_app).controller.clock
        assert clock is not None
        clock.draw_idle()  # nothing happens
        known, notify = run().awaited[-1]
        assert known.version == 1
        renamed = [
            replace(process, name="newcomer") if process.key == ONE else process for process in run().world.processes
        ]
        run().world = replace(run().world, version=2, processes=tuple(renamed))
        await pilot.pause(0.3)
        assert "newcomer" not in text_of(lab_app)
        if ends == "news":
            threading.Thread(target=notify).start()
        else:
            await pilot.press("down")
        deadline = time.monotonic() + 10
        while "newcomer" not in text_of(lab_app):
            assert time.monotonic() < deadline
            await pilot.pause(0.05)


@pytest.mark.slow
async def test_the_locks_panel_counts_managed_locks(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        assert "of managers" not in text_of(lab_app)
        managed = tuple(
            ManagedObject(ManagedKey(70 + index), ManagerKey(7), kind, kind.lower())
            for index, kind in enumerate(("Lock", "list", "Event"))
        )
        run().world = replace(run().world, now=13.0, locks=(), managed=managed)
        await settled(pilot)
        assert "2 of managers, in 4 Shared" in text_of(lab_app)


async def test_a_lost_message_is_shown_as_lost(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        messages = lab(lab_app).query_one(Messages)
        every = messages.count()
        lost = Message(TASKS, ONE, put=12.0, lost=12.5, lost_because="PicklingError: no [b]way[/b]")
        run().world.messages.append(MessageEvent(12.0, "put", ONE, lost))
        run().world.messages.append(MessageEvent(12.5, "lost", ONE, lost))
        unseen = Message(TASKS, ONE, lost=12.6, lost_because="another")
        run().world.messages.append(MessageEvent(12.6, "lost", ONE, unseen))
        run().world = replace(run().world, now=13.0)
        await settled(pilot)
        assert messages.count() == every + 2
        assert text_of(lab_app).count("✗ lost: ") == 2
        await pilot.press("3", "enter", "end", "up")
        await settled(pilot)
        assert "✗ lost: PicklingError: no [b]way[/b]" in text_of(lab_app)
        assert "12.500000: PicklingError: no [b]way[/b]" in text_of(lab_app)
        assert "never" in text_of(lab_app)


async def test_the_source_shows_where_the_processes_are(lab_app: RockprocApp) -> None:
    world = snapshot()
    path = lab_app.template.script
    processes = tuple(replace(process, line=Site(path, 18)) if process.line else process for process in world.processes)
    FakeRun.first = replace(world, processes=processes)
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        await pilot.press("v")
        await settled(pilot)
        source = lab(lab_app).query_one("#source", Source)
        assert source.has_focus
        (line,) = [row.text for row in source._rows if "with first, second" in row.text]
        assert "main+2" in line
        await pilot.press("escape")
        assert not source.has_class("-open")


async def test_findings_open_with_their_advice(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        await pilot.press("f")
        await settled(pilot)
        text = text_of(lab_app)
        assert "certain: what was recorded" in text
        assert "Terminate one of the two" in text
        assert lab(lab_app).query_one("#findings").has_focus
        await pilot.press("f")
        await settled(pilot)
        assert not lab(lab_app).query_one("#findings").has_focus


async def test_rows_can_be_copied(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(140, 40), notifications=True) as pilot:
        await settled(pilot)
        await pilot.press("6", "home", "y")
        assert lab_app.clipboard == "took lock_a"
        assert "1 line, 11 characters" in toasts(lab_app)


@pytest.mark.slow
async def test_messages_and_reports_are_copied_completely(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        await pilot.press("3", "y")
        assert lab_app.clipboard == r"'\x1b[31mred\x1b]52;c;AAAA\x07 [bold]markup[/bold]'…"
        await pilot.press("Y")
        assert lab_app.clipboard.startswith("── ")
        for part in ("two_locks.py · fork", "worker-1", "held by worker-1", "deadlock: worker-1 holds lock_a"):
            assert part in lab_app.clipboard, part


@pytest.mark.slow
async def test_the_cursor_stays_on_its_process(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        await pilot.press("up", "down", "down", "down")
        assert lab(lab_app).processes.process.key == THREE  # type: ignore[union-attr]
        world = run().world
        run().world = replace(world, processes=(*world.processes[:1], *world.processes[2:]), now=13.0)
        await settled(pilot)
        assert lab(lab_app).processes.process.key == THREE  # type: ignore[union-attr]


@pytest.mark.slow
async def test_the_timeout_ends_the_run(lab_app: RockprocApp) -> None:
    lab_app.timeout = 5
    async with lab_app.run_test(size=(140, 40), notifications=True) as pilot:
        await settled(pilot)
        await settled(pilot)
        assert run().stopped
        assert "--timeout 5" in toasts(lab_app)


@pytest.mark.slow
async def test_a_flood_is_drawn_in_bounded_time(lab_app: RockprocApp) -> None:
    world = snapshot()
    flood: Stream[OutputLine] = Stream(200_000)
    for number in range(30_000):
        flood.append(OutputLine(1.0, 4125, "stdout", f"line {number}"))
    FakeRun.first = replace(world, output=flood)
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        output = lab(lab_app).query_one(Output)
        assert output.count() == 30_000
        assert "line 29999" in text_of(lab_app)
        assert len(output._strips.keys()) < 200


@pytest.mark.slow
async def test_the_wait_for_graph_takes_the_place_of_the_locks_and_stands_below_them(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        await pilot.press("5")
        assert "ready  ● set" in text_of(lab_app)
        await pilot.press("w")
        await settled(pilot)
        text = text_of(lab_app)
        assert "┏▶ worker-1 ─acquire 2.1s▸ lock_b" in text
        assert "ready  ● set" not in text
        await pilot.press("enter", "end")
        await settled(pilot)
        text = text_of(lab_app)
        assert "┏▶ worker-1 ─acquire 2.1s▸ lock_b" in text
        assert "ready  ● set" in text
        assert "waits     main to join worker-1, 3.4s, at two_locks.py:41" in text
        await pilot.press("escape", "w")
        await settled(pilot)
        assert "ready  ● set" in text_of(lab_app)


async def test_a_channel_shows_its_content_and_depth_history(lab_app: RockprocApp) -> None:
    tasks, *others = snapshot().channels
    FakeRun.first = snapshot(channels=(replace(tasks, depths=(0, 1, 3), rates=(0.0, 4.0, 8.0)), *others))
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        await pilot.press("3", "c")
        await settled(pilot)
        assert "tasks  depth 3 (1 not sent) ▁▃█  8.2k/s ▁▅█" in text_of(lab_app)
        await pilot.press("enter")
        await settled(pilot)
        text = text_of(lab_app)
        assert "depth ▁▃█ 3 (seen at most 3)  rate ▁▅█ 8.2k/s" in text
        assert "in it     {'job': 9}  by main, 9.2s ago" in text


@pytest.mark.slow
async def test_the_search_key_explains_that_nothing_can_be_searched(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(140, 40), notifications=True) as pilot:
        await settled(pilot)
        await pilot.press("4")
        assert "/ search" not in text_of(lab_app).splitlines()[-1]
        await pilot.press("slash")
        assert "Nothing can be searched here" in toasts(lab_app)


@pytest.mark.slow
async def test_signal_keys_explain_that_nothing_can_be_signalled(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(80, 24), notifications=True) as pilot:
        await settled(pilot)
        await pilot.press("5", "z")
        assert not run().sent
        assert "“freeze” works in the list of processes: 1." in toasts(lab_app)


@pytest.mark.slow
async def test_processes_ended_with_the_run_are_not_shown_as_killed(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        assert lab(lab_app).controller.seen_steps == {0}
        await pilot.press("S")
        await settled(pilot)
        ended = tuple(replace(process, state=State.GONE, signal="SIGTERM") for process in run().world.processes)
        run().world = replace(run().world, processes=ended, now=14.0)
        await settled(pilot)
        assert "SIGTERM" in text_of(lab_app)
        assert lab(lab_app).controller.seen_steps == {0}


@pytest.mark.slow
async def test_esc_closes_the_graph_of_who_waits(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        await pilot.press("5", "w")
        assert lab(lab_app).query_one(Locks).graph
        await pilot.press("escape")
        assert not lab(lab_app).query_one(Locks).graph
        assert not run().stopped
        assert "The run goes on" not in toasts(lab_app)


@pytest.mark.parametrize("killed", fast_first([True, False]))
async def test_objects_of_a_killed_manager_are_shown_as_lost(lab_app: RockprocApp, killed: bool) -> None:
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        manager = Manager(ManagerKey(7), "SyncManager", "manager", 4127, alive=False)
        ended = tuple(
            replace(process, state=State.JOINED, signal="SIGKILL" if killed and process.pid == 4127 else None)
            for process in run().world.processes
        )
        assert any(process.pid == 4127 for process in ended)
        run().world = replace(
            run().world,
            now=13.0,
            state=RunState.ENDED,
            processes=ended,
            values=(),
            managers=(manager,),
            managed=(ManagedObject(ManagedKey(70), ManagerKey(7), "list", "notes", value="[1, 2]"),),
        )
        await settled(pilot)
        assert ("gone with its manager" in text_of(lab_app)) == killed
        assert ("was [1, 2]" in text_of(lab_app)) == (not killed)
        assert ("[1, 2]" in text_of(lab_app)) != killed


@pytest.mark.slow
async def test_the_details_of_an_ended_run_are_as_wide_as_the_panel(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        run().world.output.append(OutputLine(12.0, 4127, "stdout", "word " * 18))
        run().world = replace(run().world, now=13.0, state=RunState.ENDED)
        await settled(pilot)
        await pilot.press("6", "enter")
        await settled(pilot)
        detail = [row.text for row in lab(lab_app).query_one("#detail", ListRows)._rows]
        assert any("word " * 17 in text for text in detail), detail


@pytest.mark.parametrize("size", fast_first([((80, 24),), ((140, 40),)]))
async def test_the_strip_begins_with_what_is_still_to_do(lab_app: RockprocApp, size: tuple[int, int]) -> None:
    async with lab_app.run_test(size=size) as pilot:
        await settled(pilot)
        first, second = (step.do for step in lab(lab_app).scenario.steps)
        strip = lab(lab_app).query_one("#strip", Steps)
        for done, line in (
            (set[int](), f" Step 1 of 2 ☐ {first[:20]}"),
            ({0}, f" Step 2 of 2 ☐ {second[:15]}"),
            ({0, 1}, " ✓ All 2 steps were seen."),
        ):
            strip.offer(lab(lab_app).scenario.steps, done)
            run().world = replace(run().world, now=run().world.now + 2)
            await settled(pilot)
            assert f"\n{line}" in text_of(lab_app)


@pytest.mark.parametrize(("size", "whole"), fast_first([((80, 24), True), ((80, 20), False)]))
async def test_a_long_step_is_wrapped_where_there_is_room(
    lab_app: RockprocApp, size: tuple[int, int], whole: bool
) -> None:
    async with lab_app.run_test(size=size) as pilot:
        await settled(pilot)
        long = replace(lab(lab_app).scenario.steps[0], do="Freeze the squarer halfway. " * 4 + "Who would know?")
        lab(lab_app).query_one("#strip", Steps).offer([long], set[int]())
        run().world = replace(run().world, now=run().world.now + 2)
        await settled(pilot)
        assert ("Who would know?" in text_of(lab_app)) == whole


@pytest.mark.parametrize(
    ("times", "shown"),
    fast_first([(4, r"● worker-1 .* \+\d+ 2.2s"), (1, "● worker-1 worker-2 worker-3 ended by SIGTERM 2.2s")]),
)
async def test_holders_of_a_semaphore_are_named_if_there_is_room(lab_app: RockprocApp, times: int, shown: str) -> None:
    world = snapshot()
    first = world.locks[0].holders[0]
    holders = (first, replace(first, process=TWO), replace(first, process=THREE)) * times
    lanes = replace(world.locks[0], kind="Semaphore", name="lanes", holders=holders, waiters=())
    FakeRun.first = replace(world, locks=(lanes,))
    async with lab_app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("5", "enter")
        await settled(pilot)
        assert re.search(shown, text_of(lab_app))


async def test_step_and_finding_can_be_clicked(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        await pilot.click("#strip")
        await settled(pilot)
        assert lab(lab_app).query_one("#steps").has_focus
        await pilot.press("escape")
        await pilot.click("#header", offset=(10, 0))
        await settled(pilot)
        assert not lab(lab_app).query_one("#steps").has_focus
        await pilot.click("#header", offset=(136, 0))
        await settled(pilot)
        assert lab(lab_app).query_one("#findings").has_focus
        assert lab(lab_app).query_one("#finding").region.y == lab(lab_app).query_one("#strip").region.bottom


@pytest.mark.slow
async def test_the_key_bar_names_the_arrows_where_there_is_more_to_read(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(100, 24)) as pilot:
        await settled(pilot)
        await pilot.press("v")
        await settled(pilot)
        assert "↑↓ scroll" in lab(lab_app).query_one(KeyBar).text
        await pilot.press("escape")
        await pilot.resize_terminal(200, 60)
        await settled(pilot)
        assert "↑↓ select" in lab(lab_app).query_one(KeyBar).text


def record_draws(screen: Lab, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return a list that gets the moment of each view whose panels are drawn."""
    drawn: list[float] = []
    draw = screen.draw

    def recording(view: View) -> None:
        drawn.append(view.now)
        draw(view)

    monkeypatch.setattr(screen, "draw", recording)
    return drawn


@pytest.mark.slow
async def test_many_keys_are_drawn_together(lab_app: RockprocApp, monkeypatch: pytest.MonkeyPatch) -> None:
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        screen = lab(lab_app)
        drawn = record_draws(screen, monkeypatch)
        for _ in range(10):
            screen.show_panel(6)
            screen.show_panel(1)
        assert not drawn
        await pilot.pause()
        assert len(drawn) <= 2


@pytest.mark.slow
async def test_in_a_quiet_run_the_panels_are_drawn_less_often_than_the_clock(
    lab_app: RockprocApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frame_clock, "QUIET_SECONDS", -1.0)
    FakeRun.first = replace(snapshot(), version=1, now=12.0)
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        screen = lab(lab_app)
        drawn = record_draws(screen, monkeypatch)
        for now in (13.0, 14.0, 15.0, 16.0):
            run().world = replace(run().world, now=now)
            screen.controller.frame_now()
            await pilot.pause()
        assert drawn == [15.0]
        assert "00:16.0" in text_of(lab_app)
        run().world = replace(run().world, version=2)
        screen.controller.frame_now()
        assert drawn == [15.0, 16.0]


async def test_one_toast_is_shown_and_covers_no_panel(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(80, 24), notifications=True) as pilot:
        await settled(pilot)
        lines = text_of(lab_app).splitlines()
        panels = lab(lab_app).query_one("#panels")
        rows = panels.size.height
        lab_app.notify("the first one", timeout=60)
        lab_app.notify(f"long {'words ' * 15}", timeout=60)
        await settled(pilot)
        shown = text_of(lab_app).splitlines()
        assert panels.size.height == rows - 1
        assert "the first one" not in "".join(shown)
        assert shown[-3].startswith("▌ long words")
        assert shown[-1] == lines[-1]
        await pilot.click(offset=(5, 21))
        await settled(pilot)
        assert "the first one" in text_of(lab_app).splitlines()[-2]
        assert panels.size.height == rows
