"""The Lab on a recording, and on a run that is rewound."""

from __future__ import annotations

import csv
import io
import json
import signal
import time
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest
from msgspec.structs import replace
from rockproc.observer.model import (
    Channel,
    Command,
    Message,
    MessageEvent,
    OutputLine,
    Process,
    RunState,
    SharedValue,
    Snapshot,
    State,
    StateInterval,
    Stream,
    TimelineMark,
)
from rockproc.observer.model.keys import ChannelKey, ProcessKey, ValueKey
from rockproc.observer.recording.block_file import BlockFile
from rockproc.observer.recording.format import End, Head
from rockproc.observer.recording.recorder import Recorder
from rockproc.observer.recording.replay import Replay
from rockproc.observer.scenarios.launch import Launch
from rockproc.tui.actions.keymap import keys_file
from rockproc.tui.app.application import RockprocApp
from rockproc.tui.cli.main import main
from rockproc.tui.run import playback
from rockproc.widgets.bases.bar import Bar
from rockproc.widgets.panels.header import Header
from rockproc.widgets.panels.key_bar import KeyBar
from rockproc.widgets.panels.messages import Messages
from rockproc.widgets.panels.time_bar import TimeBar
from textual.widgets._toast import Toast

from tests.fakes import FakeRun
from tests.parameters import fast_first
from tests.tui.conftest import SOURCE, lab, run, run_again, settled, text_of

MAIN, WORKER, TASKS, COUNT = ProcessKey(1), ProcessKey(2), ChannelKey(11), ValueKey(12)
END = 10.0


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock for recordings that only the test advances, however slow the machine is."""
    clock = [100.0]
    monkeypatch.setattr(playback, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    return clock


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """A recording in which a worker starts at 1 s, counts a message at each second from 2 to 8, and ends at 8.5 s."""
    path = tmp_path / "made.rockproc"
    source = SOURCE.replace('finding = "deadlock"', 'value = "count", equals = 3')
    recorder = Recorder(BlockFile.write(path), Head(script="/lab/two_locks.py", source=source, start_method="fork"))
    messages: Stream[MessageEvent] = Stream()
    output: Stream[OutputLine] = Stream()
    marks: Stream[TimelineMark] = Stream()
    commands: Stream[Command] = Stream()
    spans: dict[ProcessKey, Stream[StateInterval]] = {MAIN: Stream(), WORKER: Stream()}
    spans[MAIN].append(StateInterval(MAIN, 0.0, None, State.RUNNING))
    for tenth in range(1, 101):
        now = tenth / 10
        main_process = Process(MAIN, "main", pid=100, role="main", state=State.RUNNING, created=0.0, started=0.0)
        worker = Process(WORKER, "worker-1", pid=101, parent=100, state=State.WAITING, created=1.0, started=1.0)
        if tenth == 10:
            marks.append(TimelineMark(1.0, "started", WORKER))
            spans[WORKER].append(StateInterval(WORKER, 1.0, None, State.WAITING, "get tasks"))
        if tenth >= 85:
            worker.state, worker.ended, worker.exitcode = State.JOINED, 8.5, 0
        if tenth == 85:
            marks.append(TimelineMark(8.5, "ended", WORKER, "exit 0"))
            spans[WORKER].replace_last(StateInterval(WORKER, 1.0, 8.5, State.WAITING, "get tasks"))
        if not tenth % 10 and 20 <= tenth <= 80:
            message = Message(TASKS, MAIN, put=now - 0.05, sent=now - 0.04, size=5, content=b"job %d" % (tenth // 10))
            messages.append(MessageEvent(now - 0.05, "put", MAIN, message))
            message.received, message.receiver = now, WORKER
            messages.append(MessageEvent(now, "received", WORKER, message))
            output.append(OutputLine(now, 101, "stdout", f"done {tenth // 10}"))
        count = min(max(tenth // 10 - 1, 0), 7)
        value = SharedValue(COUNT, "Value", "count", "int", value=count, changed=float(count + 1) if count else 0.0)
        recorder.take(
            Snapshot(
                RunState.RUNNING if tenth < 100 else RunState.ENDED,
                now,
                (main_process, worker) if now >= 1 else (main_process,),
                (Channel(TASKS, "Queue", "tasks", put=count, got=count),),
                (value,),
                (),
                (),
                messages,
                output,
                marks,
                spans,
                commands,
                main_process,
            )
        )
    recorder.finish(End(at=END, exit_code=0))
    return path


def replaying(path: Path) -> RockprocApp:
    replay = Replay(path)
    return RockprocApp(FakeRun, template=replay.launch, replay=replay)


@pytest.mark.parametrize("size", fast_first([((80, 24),), ((140, 40),)]))
async def test_a_recording_plays_from_its_beginning_and_stands_still_at_a_key(
    recording: Path, size: tuple[int, int]
) -> None:
    app = replaying(recording)
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        assert lab(app).playback.playing
        await pilot.press("space")
        held = lab(app).playback.moment
        assert held is not None
        assert held <= END
        lab(app).controller.frame()
        assert lab(app).playback.moment == held
        assert "RECORDING" in lab(app).query_one(TimeBar).text
        lab(app).playback.go_to(4.5)
        await pilot.pause()
        text = text_of(app)
        assert "00:04.500 of 00:10.0" in text
        assert "worker-1" in text
        assert "job 4" in text
        assert "job 5" not in text
        assert "00:04.5 ── 2 processes" in lab(app).query_one(Header).text
        lab(app).playback.go_to(0.5)
        await pilot.pause()
        assert "├ worker-1" not in text_of(app)  # its name is in the source as well
        assert "00:00.5 ── 1 process" in lab(app).query_one(Header).text
        lab(app).playback.go_to(END)
        await pilot.pause()
        assert "■" in lab(app).query_one(Header).text


@pytest.mark.slow
async def test_playback_follows_the_clock_and_ends_with_the_recording(recording: Path, clock: list[float]) -> None:
    app = replaying(recording)
    async with app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        await pilot.press("space")
        lab(app).playback.go_to(2.0)
        await pilot.press("greater_than_sign", "space")
        assert lab(app).playback.speed == 2.0
        clock[0] += 1.5
        lab(app).controller.frame()
        assert lab(app).playback.moment == pytest.approx(5.0)
        clock[0] += 60
        lab(app).controller.frame()
        assert (lab(app).playback.moment, lab(app).playback.playing) == (END, False)


async def test_keys_step_and_jump_to_what_the_panel_shows(recording: Path) -> None:
    app = replaying(recording)
    async with app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        await pilot.press("space")
        screen = lab(app)
        screen.playback.go_to(3.5)
        await pilot.press("left_square_bracket")
        assert screen.playback.moment == pytest.approx(1.0, abs=1e-5), "the birth of the worker"
        await pilot.press("right_square_bracket")
        assert screen.playback.moment == pytest.approx(8.5, abs=1e-5), "its death"
        screen.playback.go_to(3.5)
        await pilot.press("3")
        await pilot.press("right_square_bracket")
        assert screen.playback.moment == pytest.approx(3.95)
        assert "job 4" in text_of(app)
        await pilot.press("right_square_bracket")
        assert screen.playback.moment == pytest.approx(4.0)
        await pilot.press("4", "right_square_bracket")
        assert screen.playback.moment == pytest.approx(5.0)
        assert screen.controller.view.snapshot.values[0].value == 4
        await pilot.press("6", "left_square_bracket")
        assert screen.playback.moment == pytest.approx(4.0)
        await pilot.press("comma")
        assert screen.playback.moment == pytest.approx(3.9)
        await pilot.press("ctrl+right")
        assert screen.playback.moment == pytest.approx(8.9)
        await pilot.press("backspace")
        assert screen.playback.moment == END
        await pilot.press("right_square_bracket")
        assert screen.playback.moment == END
        assert any("no line of output after" in str(toast.message) for toast in app._notifications)


async def test_processes_of_a_recording_cannot_be_signalled(recording: Path) -> None:
    app = replaying(recording)
    async with app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        assert "terminate" not in text_of(app).splitlines()[-1]
        await pilot.press("T", "S", "t")
        assert not lab(app).controller.view.snapshot.commands.total


async def test_a_running_run_can_be_rewound(lab_app: RockprocApp, recording: Path) -> None:
    replay = Replay(recording)
    FakeRun.first = replace(replay.snapshot(), state=RunState.RUNNING)
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        run().history = replay.history
        screen = lab(lab_app)
        messages = screen.query_one(Messages)
        await pilot.press("home", "comma", "comma")
        assert screen.playback.moment is not None
        assert "REWOUND" in text_of(lab_app)
        screen.playback.go_to(2.5)
        await pilot.pause()
        assert messages.count() == 2
        alive = tuple(replace(process, state=State.RUNNING) for process in run().world.processes)
        run().world = replace(run().world, now=30.0, processes=alive)
        screen.controller.frame()
        await pilot.pause()
        assert "of 00:30.0" in text_of(lab_app)
        assert "00:02.5 ── 2 processes" in screen.query_one(Header).text
        assert messages.count() == 2
        assert "space play" in screen.query_one(KeyBar).text
        await pilot.press("z")
        assert run().sent == [(MAIN, signal.SIGSTOP)]
        assert "which this view does not show" in [notification.message for notification in lab_app._notifications][-1]
        await pilot.press("escape")
        assert "space pause" in screen.query_one(KeyBar).text
        assert screen.playback.moment is None
        assert not screen.controller.held
        assert "REWOUND" not in text_of(lab_app)
        assert messages.count() == 14
        assert "00:30.0" in screen.query_one(Header).text
        assert lab(lab_app).is_current, "esc has gone back to the present, not to the Catalog"


async def test_run_again_shows_the_present(lab_app: RockprocApp, recording: Path) -> None:
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        run().history = Replay(recording).history
        lab(lab_app).playback.go_to(0.0)  # far from the present, which it plays on to
        await pilot.press("space")
        assert lab(lab_app).playback.moment is not None
        await run_again(pilot)
        assert len(FakeRun.made) == 2
        assert (lab(lab_app).playback.moment, lab(lab_app).playback.playing, lab(lab_app).controller.held) == (
            None,
            False,
            False,
        )
        assert "REWOUND" not in text_of(lab_app)
        assert "worker-2" in text_of(lab_app)


async def test_a_jump_leads_from_the_present_to_the_past(lab_app: RockprocApp, recording: Path) -> None:
    async with lab_app.run_test(size=(140, 40), notifications=True) as pilot:
        await settled(pilot)
        run().history = Replay(recording).history
        run().world = replace(run().world, state=RunState.ENDED, now=END)
        await settled(pilot)
        assert "[ ]" not in lab(lab_app).query_one(KeyBar).text
        await pilot.press("right_square_bracket")
        assert "This is the present: , goes back." in [notification.message for notification in lab_app._notifications]
        await pilot.press("left_square_bracket")
        assert lab(lab_app).playback.moment == 8.5
        await settled(pilot)
        # The bar has come into sight this moment, and nothing moves any more: it is whole all the same.
        bar = lab(lab_app).query_one(TimeBar)
        assert len(bar._track) > 20
        assert "●" in bar.text


@pytest.mark.slow
async def test_bars_name_the_keys_of_the_user(lab_app: RockprocApp, recording: Path) -> None:
    file = keys_file()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text('[keys]\npause = "f8"\nstep_back = "f6"\nstep_on = "f7"\nlive = "f9"\n')
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        run().history = Replay(recording).history
        await pilot.press("f8")
        await settled(pilot)
        assert lab(lab_app).query_one("#paused", Bar).text == " ‖ VIEW PAUSED  the run goes on, unseen f8 resumes "
        await pilot.press("f6")
        await settled(pilot)
        assert "f6 f7 step  [ ] birth, death or signal  f8 play  f9 now" in lab(lab_app).query_one(TimeBar).text


@pytest.mark.slow
async def test_the_mouse_drags_the_moment(recording: Path) -> None:
    app = replaying(recording)
    async with app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        bar = lab(app).query_one(TimeBar)
        track = bar._track
        await pilot.mouse_down(TimeBar, offset=(track.start, 0))
        assert lab(app).playback.moment == 0.0
        await pilot.hover(TimeBar, offset=(track.start + len(track) // 2, 0))
        await pilot.mouse_up(TimeBar, offset=(track.start + len(track) // 2, 0))
        await pilot.mouse_down(TimeBar, offset=(track.stop - 1, 0))
        assert lab(app).playback.moment == END
        assert not lab(app).playback.playing


async def test_a_run_without_a_recording_says_so(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        await pilot.press("comma")
        assert lab(lab_app).playback.moment is None
        assert any("not recorded" in str(toast.message) for toast in lab_app._notifications)


async def test_the_readable_part_of_a_damaged_recording_is_shown(recording: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.rockproc"
    cut.write_bytes(recording.read_bytes()[:-800])
    app = replaying(cut)
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        await settled(pilot)
        assert any(toast.message.startswith("Not the whole run: ") for toast in app._notifications)
        await pilot.press("backspace")
        assert 1 < (lab(app).playback.moment or 0) < END


@pytest.mark.parametrize("content", [b"", b"import os\n", b"rockproc recording 2\n"])
def test_a_file_that_is_no_recording_is_refused_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    path = tmp_path / "x.rockproc"
    path.write_bytes(content)
    for words in (["replay", str(path)], ["export", str(path), "--to", "csv"], ["replay", str(tmp_path / "none")]):
        assert main(words) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert err.startswith("rockproc-tui: ")
        assert err.count("\n") == 1


def exported(recording: Path, kind: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["export", str(recording), "--to", kind]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


def test_a_recording_is_exported_for_perfetto(recording: Path, capsys: pytest.CaptureFixture[str]) -> None:
    events = json.loads(exported(recording, "perfetto", capsys))["traceEvents"]
    names = {event["pid"]: event["args"]["name"] for event in events if event["name"] == "process_name"}
    assert names == {100: "main", 101: "worker-1"}
    starts = {event["id"]: event for event in events if event["ph"] == "s"}
    ends = {event["id"]: event for event in events if event["ph"] == "f"}
    assert len(starts) == 7
    assert starts.keys() == ends.keys()
    assert all((starts[start]["pid"], ends[start]["pid"]) == (100, 101) for start in starts)
    assert all(ends[start]["ts"] - starts[start]["ts"] == pytest.approx(50_000) for start in starts)
    slices = {(event["pid"], event["tid"], event["ts"]) for event in events if event["ph"] == "X"}
    assert all((event["pid"], event["tid"], event["ts"]) in slices for event in (*starts.values(), *ends.values()))
    waits = [event for event in events if event["name"] == "get tasks"]
    assert [(event["ts"], event["dur"]) for event in waits] == [(1e6, 7.5e6)]
    counts = [event["args"]["value"] for event in events if event["ph"] == "C" and event["name"] == "count"]
    assert counts == list(range(8))


def test_a_recording_is_exported_as_csv(recording: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = list(csv.DictReader(io.StringIO(exported(recording, "csv", capsys))))
    assert Counter(row["event"] for row in rows)["put"] == 7
    got = [row for row in rows if row["event"] == "received"]
    assert [row["detail"] for row in got] == [f"'job {number}'" for number in range(2, 9)]
    assert {(row["process"], row["object"]) for row in got} == {("worker-1", "tasks")}
    assert float(got[0]["latency_s"]) == pytest.approx(0.05)
    assert next(row["event"] for row in rows if row["process"] == "worker-1" and row["pid"] == "101") == "started"


def test_a_recording_is_exported_as_json(recording: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = json.loads(exported(recording, "json", capsys))
    assert data["report"]["schema"] == 1
    assert data["report"]["exit"] == {"code": 0, "signal": None}
    assert [process["name"] for process in data["report"]["processes"]] == ["main", "worker-1"]
    assert len(data["messages"]) == 14
    assert [line["text"] for line in data["output"]] == [f"done {number}" for number in range(2, 9)]


@pytest.mark.parametrize("option", ["--save", "--report", "--output"])
def test_files_of_other_kinds_are_not_overwritten(
    recording: Path, capsys: pytest.CaptureFixture[str], option: str, tmp_path: Path
) -> None:
    program = tmp_path / "program.py"
    program.write_text("print('never')")
    words = ["export", str(recording), "--to", "json"] if option == "--output" else ["run"]
    mine = tmp_path / "mine.txt"
    for text in ("import os\n", "r"):
        mine.write_text(text)
        end = [] if option == "--output" else [str(program)]
        assert main([*words, option, str(mine), *end]) == 2
        assert capsys.readouterr().err == (
            f"rockproc-tui: {option} {mine}: that file holds something else. Name a new one.\n"
        )
        assert mine.read_text() == text


@pytest.mark.parametrize("kind", ["perfetto", "json", "csv"])
def test_an_earlier_export_is_replaced(recording: Path, tmp_path: Path, kind: str) -> None:
    words = ["export", str(recording), "--to", kind, "--output", str(tmp_path / "out")]
    assert (main(words), main(words)) == (0, 0)
    assert main([*words[:-1], str(recording)]) == 2
    Replay(recording)


def test_save_without_a_program_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--save", "x.rockproc"]) == 2
    assert "--save needs a FILE" in capsys.readouterr().err
    assert Launch("").title == ""


@pytest.mark.slow
async def test_steps_are_ticked_in_a_replay(recording: Path) -> None:
    app = replaying(recording)
    async with app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        await pilot.press("space")
        lab(app).playback.go_to(2.5)
        await pilot.pause()
        assert lab(app).controller.seen_steps == set()
        lab(app).playback.go_to(4.5)
        await pilot.pause()
        assert lab(app).controller.seen_steps == {0}


@pytest.mark.slow
async def test_a_notification_does_not_cover_the_time_bar(recording: Path) -> None:
    app = replaying(recording)
    async with app.run_test(size=(100, 26), notifications=True) as pilot:
        await settled(pilot)
        app.notify("Something that was seen, in so many words that they would reach over the bar.", timeout=60)
        deadline = time.monotonic() + 10
        while not any(toast.region.area for toast in app.screen.query(Toast)):
            assert time.monotonic() < deadline
            await pilot.pause(0.05)
        toast, bar = app.screen.query_one(Toast), app.screen.query_one(TimeBar)
        assert bar.region.area
        assert not toast.region.overlaps(bar.region)
