"""`rockproc-tui attach [PID]`: says why a running program is stuck."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace
from rockproc.observer.attach.program_list import duration_text
from rockproc.observer.decoding.preview import preview
from rockproc.observer.model import SIGNALLED, State
from rockproc.observer.model.keys import ProcessKey
from rockproc.observer.report.text import site_suffix
from rockproc.widgets.formatting.sanitize import sanitize

from .errors import UsageError
from .options import Options
from .output_files import print_out
from .standard_error import print_error

if TYPE_CHECKING:
    from rockproc.observer.attach.process_tree import Program
    from rockproc.observer.attach.program_list import ListedProgram
    from rockproc.observer.model import Process, Snapshot, Wait
    from rockproc.observer.report.judgement import Judgement
    from rockproc.observer.run.attached import AttachedRun

_SEVERITIES = ("error", "warning", "info")
_MAX_ARGUMENT_CHARACTERS = 60
WATCH_SECONDS = 3.0
"""Seconds for which messages are read if no Lab shows them."""
_WATCH_PAUSE_SECONDS = 0.1
_MAX_USES = 10
_MAX_PIPES = 10
_MAX_NAMES = 4
_MAX_MESSAGES = 10


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `attach`."""
    parser.add_argument(
        "pid", nargs="?", metavar="PID", help="the pid of any process of the program; without it, choose from a list"
    )
    parser.add_argument("--json", action="store_true", help="the report on stdout, as JSON")
    parser.add_argument(
        "--save", metavar="FILE.rockproc", help="save what was seen as a recording, to replay or export it"
    )
    parser.add_argument("--lab", action="store_true", help="open the Lab on it, refreshed every second")
    probe = "load the probe into the program, which shows messages, and remove it at the end (CPython 3.14 and later)"
    parser.add_argument("--probe", action="store_true", help=probe)
    severities = "the least severity of a finding that counts (default: error)"
    parser.add_argument("--fail-on", choices=_SEVERITIES, default="error", help=severities)


def read(parser: argparse.ArgumentParser, words: Sequence[str], options: Options) -> Options:
    """Parse the words behind `attach`. Raises UsageError."""
    return parser.parse_args(words, options)


def execute(options: Options) -> int:
    """Attach, print the verdict and return the exit status. Raises UsageError."""
    if sys.platform != "linux":
        raise UsageError("attach needs Linux: it reads /proc.")
    from rockproc.observer.attach.attachment import AttachError
    from rockproc.observer.run.attached import AttachedRun

    pid = _pid(options.pid) if options.pid is not None else _ask()
    try:
        run = AttachedRun(pid, save=Path(options.save) if options.save and not options.lab else None)
        if options.lab:
            return _open_lab(pid, run, options.save, probe=options.probe)
        snapshot = _watch(run) if options.probe else run.read_verdict()
        run.stop()
    except AttachError as error:
        raise UsageError(str(error)) from error
    except OSError as error:
        raise UsageError(f"--save {options.save}: {error.strerror}. Name a file that can be written.") from error
    from rockproc.observer.findings.registry import all_rules
    from rockproc.observer.report.data import report
    from rockproc.observer.report.judgement import Ending, judge
    from rockproc.observer.report.schema import to_json

    made = report(run)
    made.coverage.silent_rules = sorted(rule.name for rule in all_rules() if rule.needs_history)
    judgement = judge(made, Ending.GOES_ON, fail_on=options.fail_on)
    if options.json:
        print_out([json.dumps(to_json(made), indent=2), "\n"])
    else:
        _print_state(run, snapshot, judgement, made.coverage.silent_rules)
    return int(judgement.answer)


def _watch(run: AttachedRun) -> Snapshot:
    """Load the probe and read messages for some seconds. Raises AttachError."""
    run.read()
    run.load_probe()
    try:
        deadline = time.monotonic() + WATCH_SECONDS
        snapshot = run.read_verdict()
        while time.monotonic() < deadline:
            time.sleep(_WATCH_PAUSE_SECONDS)
            run.read_messages()
            snapshot = run.snapshot()
    finally:
        run.stop()
    return snapshot


def _pid(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise UsageError(f"{text!r} is not a process id. `rockproc-tui attach` lists those that can be chosen.")
    return int(text)


def _ask() -> int:
    """Let the user choose one of the running programs. Raises UsageError without an interactive terminal."""
    from rockproc.observer.attach.program_list import list_programs

    found = list_programs()
    if not found:
        raise UsageError("no Python program of yours is running. Name a PID; with sudo it may be anyone's.")
    for number, program in enumerate(found, 1):
        print_error(f"{number:3}  {_row(program)}")
    if not sys.stdin.isatty():
        raise UsageError("name one of these PIDs: `rockproc-tui attach PID`.")
    print("number or PID: ", end="", file=sys.stderr, flush=True)
    answer = sys.stdin.readline().strip()
    if not answer.isdecimal():
        raise UsageError("nothing was chosen.")
    chosen = int(answer)
    return found[chosen - 1].program.root.pid if 1 <= chosen <= len(found) else chosen


def _row(listed: ListedProgram) -> str:
    program = listed.program
    children = len(program.members) - 1
    parts = [
        f"{program.root.pid:>8}  {_title(program)}",
        f"running for {duration_text(listed.age)}",
        f"{children} {'child' if children == 1 else 'children'}",
    ]
    if listed.idle is not None and listed.idle >= 1:
        parts.append(f"idle for {duration_text(listed.idle)}")
    return "  ·  ".join(parts)


def _title(program: Program) -> str:
    words = [word.rpartition("/")[2] for word in program.root.arguments[:3]]
    return sanitize(" ".join([*words, *program.root.arguments[3:]]))[:_MAX_ARGUMENT_CHARACTERS]


def _open_lab(pid: int, run: AttachedRun, save: str | None, *, probe: bool) -> int:
    from ..app.start import show

    if not all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
        raise UsageError("a screen needs a terminal as stdin, stdout and stderr. Leave out --lab.")
    run.read()  # so that what forbids it is said here, and not on the screen
    return show(replace(run.launch, pid=pid, probe=probe), opens=True, save=save)


def _print_state(run: AttachedRun, snapshot: Snapshot, judgement: Judgement, silent: list[str]) -> None:
    title = sanitize(run.launch.title)
    living = [process for process in snapshot.processes if process.state.alive]
    main = snapshot.main
    pid = f" (pid {main.pid})" if main is not None else ""
    count = f"{len(living)} process{'' if len(living) == 1 else 'es'}"
    how = "observed by the probe" if run.probed else "Python read from outside"
    print(f"{title}{pid} · {how} · {count} · running for {duration_text(snapshot.now)}")
    listed = [process for process in snapshot.processes if process.state is not State.GONE]
    width = max((len(sanitize(process.name)) for process in listed), default=0)
    for process in listed:
        print(f"  {sanitize(process.name):{width}}  {process.pid or '':>8}  {_activity(process, snapshot.now)}")
    gone = sum(process.state is State.GONE and process.pid is not None for process in snapshot.processes)
    if gone:
        print(f"  {gone} more {'has' if gone == 1 else 'have'} ended while the program was read")
    for line in _awaited_pipes(run, snapshot)[:_MAX_PIPES]:
        print(f"  {sanitize(line)}")
    if run.probed:
        _print_messages(run, snapshot)
    for finding in snapshot.findings:
        if finding.active:
            site = site_suffix(str(finding.site) if finding.site is not None else None, finding.message)
            print(f"{finding.severity}: {finding.rule}, {finding.verdict}: {sanitize(finding.message)}{site}")
            if finding.advice:
                print(f"  {sanitize(finding.advice)}.")
    print(sanitize(judgement.summary))
    if not judgement.findings:
        print(f"not asked, because they need what the probe records from the start: {', '.join(silent)}")


def _print_messages(run: AttachedRun, snapshot: Snapshot) -> None:
    """Print the last messages, and the problems of the probe."""
    names = {process.key: process.name for process in snapshot.processes}
    channels = {channel.key: channel.name for channel in snapshot.channels}
    events = snapshot.messages.since(0)[1]
    print(f"messages: {len(events)} steps seen in {duration_text(WATCH_SECONDS)}")
    for event in events[-_MAX_MESSAGES:]:
        message = event.message
        text = preview(message.content, message.size) if message.content else ""
        name = sanitize(names.get(event.process, f"pid {event.process}"))
        site = message.got_site if event.op == "received" else message.put_site
        where = f" · {site}" if site is not None else ""
        print(f"  {name}  {event.op}  {sanitize(channels.get(message.channel, 'a channel'))}  {sanitize(text)}{where}")
    for line in _uses(snapshot)[:_MAX_USES]:
        print(f"  {sanitize(line)}")
    for pid, problem in run.probe_problems.items():
        print(f"  {sanitize(names.get(ProcessKey(pid), ''))} {pid}: {problem}")


def _uses(snapshot: Snapshot) -> list[str]:
    """Return a line for each object that was used since the probe was loaded, as far as is known."""
    lines: list[str] = []
    for value in snapshot.values:
        if value.reads or value.writes:
            where = f" · {value.written_site}" if value.written_site is not None else ""
            lines.append(f"{value.name}  {value.reads}? reads, {value.writes}? writes{where}")
    lines += [
        f"{lock.name}  {lock.acquired}? times {SIGNALLED.get(lock.kind, 'acquired')}, {lock.contended}? waits"
        for lock in snapshot.locks
        if lock.acquired or lock.contended
    ]
    for pool in snapshot.pools:
        if pool.done or pool.failed:
            lines.append(f"{pool.name}  {pool.done}? tasks done, {pool.failed}? failed")
        lines += [f"{worker.name}  runs {worker.task}" for worker in pool.workers if worker.task]
    lines += [
        f"{managed.name}  {managed.calls}? calls, the last one {managed.last}"
        for managed in snapshot.managed
        if managed.calls
    ]
    return lines


def _awaited_pipes(run: AttachedRun, snapshot: Snapshot) -> list[str]:
    """Return a line for each pipe that a thread waits for: how full it is, and who has which end open."""
    awaited = {wait.key for process in snapshot.processes for wait in process.waits}
    lines: list[str] = []
    for channel in snapshot.channels:
        if channel.key not in awaited or channel.pipe_bytes is None:
            continue
        ends = run.world.open_ends.get(channel.key, {})
        readers = _names([process for process, (reads, _) in ends.items() if reads], snapshot)
        writers = _names([process for process, (_, writes) in ends.items() if writes], snapshot)
        level = f"{channel.pipe_bytes:,} of {channel.pipe_capacity:,} bytes in its pipe"
        lines.append(f"{channel.name}: {level}; open for reading in {readers}, for writing in {writers}")
    return lines


def _names(keys: Sequence[ProcessKey], snapshot: Snapshot) -> str:
    names = [process.name for process in snapshot.processes if process.key in keys]
    more = f" and {len(names) - _MAX_NAMES} more" if len(names) > _MAX_NAMES else ""
    return ", ".join(names[:_MAX_NAMES]) + more if names else "no process that was read"


def _activity(process: Process, now: float) -> str:
    if not process.state.alive:
        how = process.signal or ("" if process.exitcode is None else f"exit {process.exitcode}")
        return " ".join(filter(None, [str(process.state), how]))
    if process.waits:
        return "; ".join(_wait(wait, now) for wait in process.waits)
    site = f" · {process.line}" if process.line is not None else ""
    return f"{process.idle or process.inspection or process.state}{site}"


def _wait(wait: Wait, now: float) -> str:
    site = f" · {wait.site}" if wait.site is not None else ""
    timed = ", with a time-out" if wait.timed else ""
    return f"{wait.op} {sanitize(wait.object)} for {duration_text(now - wait.since)}{timed}{site}"
