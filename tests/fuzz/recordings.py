"""Damaged recordings, and everything that a user can do with one."""

from __future__ import annotations

import asyncio
import contextlib
import random
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
from rockproc.observer.exports import EXPORTS
from rockproc.observer.recording import jumps
from rockproc.observer.recording.errors import RecordingError
from rockproc.observer.recording.format import BLOCK, FIRST_LINE, MAGIC, MAX_BLOCK_BYTES
from rockproc.observer.recording.replay import Replay
from rockproc.observer.report.data import report
from rockproc.observer.report.text import report_text
from rockproc.observer.run.run import Run
from rockproc.observer.scenarios.launch import Launch
from rockproc.tui.app.application import RockprocApp

from tests.fakes import FakeRun
from tests.fuzz.limits import keep_out_of_collections, limited
from tests.fuzz.values import changed

RUN_SECONDS = 6.0
GOLDEN = Path(__file__).parents[1] / "observer" / "recording" / "golden"
BLOCKS = 5
"""The number of blocks of each damaged recording."""
LARGE_BLOCK_BYTES = 200_000
"""The size above which a block is not changed further. One change can repeat a part of it 3000 times."""
USUAL_BYTES = 1_000_000
_SHARE_LARGE = 0.005
"""The share of recordings that may unpack to more than that, which take seconds."""
SCREENS = 1000
"""The number of cases per case that is also opened on a screen, which takes as long as a hundred other cases."""
KEYS = (
    *("left", "right", "comma", "full_stop", "home", "end", "space", "less_than_sign", "greater_than_sign"),
    *("1", "2", "3", "4", "5", "6", "7", "enter", "escape", "down", "up", "f", "v", "l", "i", "n", "tab", "y", "W"),
)


@dataclass(frozen=True)
class Part:
    """A block of a recording, unpacked."""

    tag: bytes
    raw: bytes
    begin: float
    end: float
    messages: int
    output: int
    has: int


@lru_cache(32)
def parts_of(data: bytes) -> tuple[Part, ...]:
    """Take a sound recording to pieces."""
    parts: list[Part] = []
    place = len(FIRST_LINE)
    while place < len(data):
        tag, packed, _, _, begin, end, messages, output, has, _ = BLOCK.unpack_from(data, place)
        place += BLOCK.size
        parts.append(Part(tag, zlib.decompress(data[place : place + packed]), begin, end, messages, output, has))
        place += packed
    return tuple(parts)


def _packed(raw: bytes) -> bytes:
    return _kept_packed(raw) if len(raw) < LARGE_BLOCK_BYTES else zlib.compress(raw, 1)


@lru_cache(100)
def _kept_packed(raw: bytes) -> bytes:
    """Compress the content of a block. Most blocks are the same in many cases."""
    return zlib.compress(raw, 1)


def _unpacked_bytes(data: bytes) -> int:
    """Return what the blocks say of their size, up to the first that is not whole."""
    size, place = 0, len(FIRST_LINE)
    while place + BLOCK.size <= len(data):
        _, packed, raw, *_ = BLOCK.unpack_from(data, place)
        size, place = size + raw, place + BLOCK.size + packed
    return size


def joined(parts: Sequence[Part]) -> bytes:
    """Make a recording of its pieces, in which all checksums and lengths are right."""
    data = bytearray(FIRST_LINE)
    for part in parts:
        packed = _packed(part.raw)
        figures = len(packed), len(part.raw), zlib.crc32(packed), part.begin, part.end
        data += BLOCK.pack(part.tag, *figures, part.messages, part.output, part.has, 0) + packed
    return bytes(data)


def corpus(folder: Path) -> list[bytes]:
    """Return recordings of real runs: with output, messages, values, locks, a deadlock."""
    path = folder / "corpus.rockproc"
    run = Run(Launch(str(GOLDEN / "everything.py")), save=path)
    run.start()
    run.ended.wait(RUN_SECONDS)
    run.stop()
    whole = [path.read_bytes(), *(golden.read_bytes() for golden in sorted(GOLDEN.glob(f"*{path.suffix}")))]
    return [joined(_shortened(parts_of(data))) for data in whole]


def _shortened(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """Return the parts of a recording, and of a long one only so many that each case is quick."""
    return parts if len(parts) <= BLOCKS else (*parts[: BLOCKS - 2], *parts[-2:])


def damaged(data: bytes, rng: random.Random) -> bytes:
    """Return a recording with a few changes: in its values, in its blocks, in its bytes."""
    large = rng.random() < _SHARE_LARGE
    while True:
        changed_data = _changed_once(data, rng)
        if large or _unpacked_bytes(changed_data) <= USUAL_BYTES:
            return changed_data


def _changed_once(data: bytes, rng: random.Random) -> bytes:
    if not data.startswith(MAGIC):
        return data
    parts = [*parts_of(data)]
    for _ in range(rng.choice((1, 1, 2, 5))):
        number = rng.randrange(len(parts))
        part = parts[number]
        kind = rng.random()
        if kind < 0.7:
            tree: Any = msgspec.msgpack.decode(part.raw, strict=False)
            raw = part.raw
            try:
                for _ in range(rng.choice((1, 1, 3, 10))):
                    tree = changed(tree, rng)
                    raw = msgspec.msgpack.encode(tree)
                    if len(raw) > LARGE_BLOCK_BYTES:
                        break
            except (UnicodeEncodeError, OverflowError):
                continue
            if len(raw) <= MAX_BLOCK_BYTES:  # a larger one is refused because of what its header says
                parts[number] = replace(part, raw=raw)
        elif kind < 0.8:
            figures = {"begin": rng.choice((-1.0, 0.0, 1e11, part.end + 5)), "has": rng.randrange(256)}
            figures |= {"messages": rng.choice((0, 1, 1 << 31)), "output": rng.choice((0, 1, 1 << 31))}
            name = rng.choice(list(figures))
            parts[number] = replace(part, **{name: figures[name]})
        elif kind < 0.9:
            parts[number : number + 1] = [part] * rng.choices((0, 2, 30), (10, 10, 1))[0]
        else:
            rng.shuffle(parts)
        if not parts:
            break
    data = joined(parts)
    if rng.random() < 0.2:
        place = rng.randrange(len(data))
        data = rng.choice((data[:place], data[:place] + rng.randbytes(9) + data[place + 9 :]))
    return data


def use(path: Path, rng: random.Random) -> None:
    """Use a recording as commands and keys do. Raises only errors that are reported to the user."""
    try:
        replay = Replay(path)
    except RecordingError as error:
        if "\n" in str(error):
            raise AssertionError(f"more than a line: {error}") from error
        return
    with contextlib.suppress(RecordingError):
        for piece in EXPORTS[rng.choice(list(EXPORTS))](replay):
            piece.encode()
    report_text(report(replay))
    history = replay.history
    assert history is not None
    for at in (-1.0, 0.0, replay.end, *(rng.uniform(0, replay.end or 1) for _ in range(4))):
        try:
            snapshot = history.at(at)
            keys = [value.key for value in snapshot.values][:2]
            for jump in (jumps.lifecycle_events(), *(jumps.content_changes(key, "") for key in keys)):
                history.nearest(jump, at, forward=rng.random() < 0.5)
        except RecordingError:
            continue
    replay.save(path.with_name("again.rockproc"))


def show(path: Path, rng: random.Random) -> None:
    """Open it on a screen and press random keys."""
    try:
        replay = Replay(path)
    except RecordingError:
        return
    with contextlib.chdir(path.parent):  # a key may save the run there
        asyncio.run(_press(replay, [rng.choice(KEYS) for _ in range(12)]))


async def _press(replay: Replay, keys: list[str]) -> None:
    app = RockprocApp(FakeRun, replay=replay)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        for key in keys:
            with limited():
                await pilot.press(key)
                await pilot.pause()


def cases(folder: Path, seed: int) -> Iterator[tuple[Path, random.Random]]:
    """Damaged recordings without end, each as a file that the next one replaces."""
    originals = corpus(folder)
    keep_out_of_collections()
    path = folder / "case.rockproc"
    number = 0
    while True:
        rng = random.Random(f"{seed} {number}")
        path.write_bytes(damaged(rng.choice(originals), rng))
        yield path, rng
        number += 1


def try_case(path: Path, rng: random.Random) -> None:
    """Use one case in every way, now and then on a screen as well."""
    with limited(_unpacked_bytes(path.read_bytes())):
        use(path, rng)
    if not rng.randrange(SCREENS):
        show(path, rng)
