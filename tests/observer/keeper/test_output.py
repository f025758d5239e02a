from __future__ import annotations

import os
import select
import sys
import time
from collections.abc import Callable, Iterator

import pytest
from rockproc.observer.keeper.output import FLUSH_SECONDS, MAX_LINE_BYTES, Chunk, Lines, Output
from rockproc.observer.model import OutputLine

from tests.observer.conftest import Program

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux names the writer")


@pytest.fixture
def output() -> Iterator[Output]:
    output = Output()
    yield output
    output.close()


def until_end(output: Output, read: Callable[[list[Chunk]], object], limit: float = 20.0) -> None:
    deadline = time.monotonic() + limit
    while filenos := output.filenos():
        assert time.monotonic() < deadline
        ready, _, _ = select.select(filenos, [], [], 0.1)
        for fd in ready:
            read(output.read(fd))


def printed(launch: Callable[..., Program], output: Output, code: str) -> tuple[int, list[OutputLine]]:
    stdout, stderr = output.child_fds()
    program = launch(code, stdout=stdout, stderr=stderr)
    output.close_child_side()
    lines, found = Lines(), list[OutputLine]()
    until_end(output, lambda chunks: found.extend(lines.feed(1.0, chunks)))
    found += lines.flush(2.0, everything=True)
    program.until("empty")
    return program.until("started")["pid"], found


@linux
def test_each_line_has_the_pid_of_its_writer(launch: Callable[..., Program], output: Output) -> None:
    code = """
import os, subprocess, sys
print("main", os.getpid(), flush=True)
if os.fork() == 0:
    print("fork", os.getpid(), flush=True)
    print("fork, to stderr", os.getpid(), file=sys.stderr)
    os._exit(0)
os.wait()
os.system("echo shell $$")
subprocess.run([sys.executable, "-c", "import os; print('child', os.getpid())"])
"""
    main, lines = printed(launch, output, code)
    printed_lines = [(line.text.rsplit(" ", 1)[0], line.stream, int(line.text.rsplit(" ", 1)[1])) for line in lines]
    assert [item[:2] for item in printed_lines if item[1] == "stdout"] == [
        ("main", "stdout"),
        ("fork", "stdout"),
        ("shell", "stdout"),
        ("child", "stdout"),
    ]
    assert ("fork, to stderr", "stderr") in [item[:2] for item in printed_lines]
    assert [line.pid for line in lines] == [pid for _, _, pid in printed_lines]
    assert len({line.pid for line in lines}) == 4
    assert main in {line.pid for line in lines}


@linux
def test_writers_that_interrupt_each_other_keep_their_own_lines(launch: Callable[..., Program], output: Output) -> None:
    code = """
import os
go, went = os.pipe(), os.pipe()
if os.fork() == 0:
    os.read(go[0], 1)
    os.write(1, b"child ")
    os.write(went[1], b".")
    os.read(go[0], 1)
    os.write(1, b"says\\n")
    os._exit(0)
os.write(1, b"parent ")
os.write(go[1], b".")
os.read(went[0], 1)
os.write(1, b"says\\n")
os.write(go[1], b".")
os.wait()
"""
    main, lines = printed(launch, output, code)
    assert [(line.text, line.pid == main) for line in lines] == [("parent says", True), ("child says", False)]


@pytest.mark.slow
def test_very_many_lines_are_read_without_keeping_them(launch: Callable[..., Program], output: Output) -> None:
    stdout, stderr = output.child_fds()
    begin = time.monotonic()
    launch(
        "for i in range(300_000): print(i)", stdout=stdout, stderr=stderr, env={**os.environ, "PYTHONUNBUFFERED": ""}
    )
    output.close_child_side()
    lines, total, largest, last = Lines(), 0, 0, ""

    def count(chunks: list[Chunk]) -> None:
        nonlocal total, largest, last
        found = lines.feed(1.0, chunks)
        total += len(found)
        largest = max(largest, sum(len(data) for _, _, data in chunks))
        last = found[-1].text if found else last

    until_end(output, count)
    assert (total, last) == (300_000, "299999")
    assert largest <= (1 << 20) + (1 << 16), "a call returns before everything is read"
    assert time.monotonic() - begin < 50  # a deadline, not a measurement: the machine may be busy


def test_an_empty_stream_is_not_its_end(output: Output) -> None:
    stdout, stderr = output.filenos()
    assert output.read(stdout) == []
    os.write(output.child_fds()[0], b"x")
    assert [chunk[1:] for chunk in output.read(stdout)] == [("stdout", b"x")]
    output.close_child_side()
    assert output.read(stdout) == []
    assert output.filenos() == (stderr,)


def texts(lines: list[OutputLine]) -> list[str]:
    return [line.text for line in lines]


def feed(lines: Lines, data: bytes, at: float = 1.0) -> list[str]:
    return texts(lines.feed(at, [(1, "stdout", data)]))


def test_an_unfinished_line_is_shown_after_a_short_time() -> None:
    lines = Lines()
    assert feed(lines, b"Name", at=1.0) == []
    assert feed(lines, b"? ", at=1.1) == []
    assert lines.flush(1.1 + FLUSH_SECONDS / 2) == []
    assert lines.flush(1.2 + FLUSH_SECONDS) == [OutputLine(1.0, 1, "stdout", "Name? ")]
    assert lines.flush(9.0, everything=True) == []
    assert feed(lines, b"a\nb", at=10.0) == ["a"]
    assert lines.flush(10.0, everything=True) == [OutputLine(10.0, 1, "stdout", "b")]


def test_streams_of_one_process_are_kept_apart() -> None:
    found = Lines().feed(1.0, [(1, "stdout", b"o"), (1, "stderr", b"err\n"), (1, "stdout", b"ut\n")])
    assert [(line.stream, line.text) for line in found] == [("stderr", "err"), ("stdout", "out")]


def test_output_that_is_not_utf_8_is_shown() -> None:
    assert feed(Lines(), b"\xff\xfe caf\xc3\xa9\n") == ["\\xff\\xfe café"]
    lines = Lines()
    assert feed(lines, b"caf\xc3") == []
    assert feed(lines, b"\xa9\n\n") == ["café", ""]


def test_a_very_long_line_is_split_without_loss() -> None:
    text = "é" * (2 * MAX_LINE_BYTES)
    lines = Lines()
    found = feed(lines, b"x" + text.encode())
    assert found
    found += texts(lines.flush(9.0, everything=True))
    assert "".join(found) == "x" + text
    assert all(len(piece.encode()) <= MAX_LINE_BYTES for piece in found)
    assert "".join(feed(Lines(), text.encode() + b"\n")) == text
    assert len(feed(Lines(), text.encode() + b"\n")) == 2


def test_a_progress_bar_shows_its_last_state() -> None:
    assert feed(Lines(), b"10 %\r50 %\r100 %\nnext\r\nlast\r\r\n") == ["100 %", "next", "last"]
