"""What a message holds is recorded as bytes, and read as text."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

from rockproc.observer.exports import FORMATS
from rockproc.observer.observation import Observation
from rockproc.observer.recording import format
from rockproc.observer.recording.format import Head
from rockproc.observer.recording.recorder import Recorder
from rockproc.observer.recording.replay import Replay
from rockproc.observer.recording.tape import Tape
from rockproc.observer.world import Channel, Message, MessageEvent, Process, RunState

CONTENT = pickle.dumps({"job": [1, "two"]})
TEXT = "{'job': [1, 'two']}"


def recorded(path: Path, content: bytes = b"", text: str = "") -> Replay:
    observation = Observation(path.parent, 0, paced=False)
    world = observation.world
    world.state, world.now = RunState.RUNNING, 1.0
    world.processes[1] = Process(1, "main", pid=100)
    world.channels[9] = Channel(9, "Queue", "tasks")
    message = Message(9, 1, sent=0.6, size=len(CONTENT), content=content, text=text)
    world.messages.append(MessageEvent(0.6, "sent", 1, message))
    recorder = Recorder(Tape.write(path), Head(script="x.py"))
    recorder.take(observation.snapshot())
    recorder.finish(format.End(at=1.0))
    return Replay(path)


def previews(replay: Replay) -> list[str]:
    return [event.message.preview for event in replay.snapshot().messages.since(0)[1]]


def test_bytes_are_kept_and_shown_as_text(tmp_path: Path) -> None:
    replay = recorded(tmp_path / "x.rockproc", CONTENT)
    (tick,) = replay.ticks()
    assert tick.messages[0].message.content == CONTENT
    assert previews(replay) == [TEXT]


def test_exports_have_the_text(tmp_path: Path) -> None:
    replay = recorded(tmp_path / "x.rockproc", CONTENT)
    for name, write in FORMATS.items():
        text = "".join(write(replay))
        assert TEXT in text, name
        if name == "json":
            assert json.loads(text)["messages"][0]["message"]["preview"] == TEXT


def test_a_recording_that_has_only_the_text_is_read(tmp_path: Path) -> None:
    assert previews(recorded(tmp_path / "x.rockproc", text=TEXT)) == [TEXT]


def test_a_field_of_older_recordings_has_kept_its_name() -> None:
    assert b"preview" in format.encode(Message(9, 1, text=TEXT))
