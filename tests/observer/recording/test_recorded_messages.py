"""The content of a message is recorded as bytes and read as text."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

from rockproc.observer.exports import EXPORTS
from rockproc.observer.model import Channel, Message, MessageEvent, Process, RunState, Site
from rockproc.observer.model.keys import ChannelKey, ProcessKey
from rockproc.observer.recording import format
from rockproc.observer.recording.block_file import BlockFile
from rockproc.observer.recording.format import Head
from rockproc.observer.recording.recorder import Recorder
from rockproc.observer.recording.replay import Replay
from rockproc.observer.run.observer import Observer

from tests.messages import content_of

CONTENT = pickle.dumps({"job": [1, "two"]})
TEXT = "{'job': [1, 'two']}"


def recorded(path: Path) -> Replay:
    observer = Observer(path.parent, 0, paced=False)
    world = observer.world
    world.state, world.now = RunState.RUNNING, 1.0
    world.processes[ProcessKey(1)] = Process(ProcessKey(1), "main", pid=100)
    world.channels[ChannelKey(9)] = Channel(ChannelKey(9), "Queue", "tasks")
    message = Message(
        ChannelKey(9), ProcessKey(1), sent=0.6, size=len(CONTENT), content=CONTENT, put_site=Site("x.py", 7)
    )
    world.messages.append(MessageEvent(0.6, "sent", ProcessKey(1), message))
    recorder = Recorder(BlockFile.write(path), Head(script="x.py"))
    recorder.take(observer.snapshot())
    recorder.finish(format.End(at=1.0))
    return Replay(path)


def test_a_replay_knows_that_a_message_was_lost_later(tmp_path: Path) -> None:
    observer = Observer(tmp_path, 0, paced=False)
    world = observer.world
    world.state, world.now = RunState.RUNNING, 1.0
    world.processes[ProcessKey(1)] = Process(ProcessKey(1), "main", pid=100)
    world.channels[ChannelKey(9)] = Channel(ChannelKey(9), "Queue", "tasks")
    message = Message(ChannelKey(9), ProcessKey(1), put=0.6)
    world.messages.append(MessageEvent(0.6, "put", ProcessKey(1), message))
    recorder = Recorder(BlockFile.write(tmp_path / "x.rockproc"), Head(script="x.py"))
    recorder.take(observer.snapshot())
    message.lost, message.lost_because, world.now = 1.5, "no pickle", 2.0
    world.messages.append(MessageEvent(1.5, "lost", ProcessKey(1), message))
    recorder.take(observer.snapshot())
    recorder.finish(format.End(at=2.0))
    replay = Replay(tmp_path / "x.rockproc")
    events = replay.snapshot().messages.since(0)[1]
    assert [(event.op, event.message.lost, event.message.lost_because) for event in events] == [
        ("put", 1.5, "no pickle"),
        ("lost", 1.5, "no pickle"),
    ]
    for name in "csv", "json":
        assert "no pickle" in "".join(EXPORTS[name](replay))


def previews(replay: Replay) -> list[str]:
    return [content_of(event.message) for event in replay.snapshot().messages.since(0)[1]]


def test_message_bytes_are_recorded_and_shown_as_text(tmp_path: Path) -> None:
    replay = recorded(tmp_path / "x.rockproc")
    (delta,) = replay.deltas()
    assert delta.messages[0].message.content == CONTENT
    assert previews(replay) == [TEXT]


def test_exports_contain_message_texts(tmp_path: Path) -> None:
    replay = recorded(tmp_path / "x.rockproc")
    for name in ("perfetto", "json", "csv"):  # the others hold findings alone
        text = "".join(EXPORTS[name](replay))
        assert TEXT in text, name
        if name == "json":
            message = json.loads(text)["messages"][0]["message"]
            assert (message["preview"], message["put_site"]) == (TEXT, {"path": "x.py", "line": 7})
