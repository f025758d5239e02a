"""`rockproc-tui check`: runs programs, and says by its exit status what is wrong with them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..runtime import garbage_collection
from .errors import UsageError
from .launching import launch_of
from .options import Options, add_headless_options, add_launch_options, read_program
from .output_files import JSON_BEGIN, XML_BEGIN, check_writable, print_out
from .standard_error import print_error

if TYPE_CHECKING:
    from rockproc.observer.exports.checked import Checked
    from rockproc.observer.report.judgement import Judgement
    from rockproc.observer.scenarios.launch import Launch

    from .headless import Outcome

WORST_FIRST = (1, 3, 4)
"""Exit statuses in the order of precedence: with several programs, `check` returns the first that any of them has."""
STATUSES = """\
exit status: 0 clean, 1 a finding, 2 wrong usage, 3 the program itself failed, 4 cannot tell (the time limit was reached
without a finding, a process that shares objects is not observed, an untested Python, an internal error)"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `check`."""
    add_launch_options(parser)
    add_headless_options(parser)
    severities = "the least severity of a finding that counts; a suspected warning or hint never does (default: error)"
    parser.add_argument("--fail-on", choices=("error", "warning", "info"), default="error", help=severities)
    accept = "accept processes that are not observed, and Pythons that were not tested"
    parser.add_argument("--allow-unobserved", action="store_true", help=accept)
    parser.add_argument("--sarif", metavar="FILE", help="write the findings to FILE as SARIF, for code scanning")
    parser.add_argument("--junit", metavar="FILE", help="write the answers to FILE as JUnit XML")
    parser.add_argument("--github", action="store_true", help="print GitHub annotations on stdout")


def read(parser: argparse.ArgumentParser, words: Sequence[str], options: Options) -> Options:
    """Parse the words behind `check`: `FILE… [-- ARGS…]`, or `-m MODULE [ARGS…]`. Raises UsageError."""
    before = list(words[: words.index("--")] if "--" in words else words)
    if "-m" in before:
        options = read_program(parser, words, options)
        if options.module:
            return options
        options = Options("check")
    what = "a Python file, the name of a bundled scenario, or a Python console script on PATH"
    parser.add_argument("files", nargs="+", metavar="FILE", help=what)
    options, unknown = parser.parse_known_args(before, options)
    if unknown:
        raise UsageError(
            f"{unknown[0]} is no option of check. Put arguments of the program behind --: "
            f"rockproc-tui check {options.files[0]} -- {unknown[0]} …"
        )
    if options.module and len(options.files) > 1:
        raise UsageError(f"-m takes one module. Put {options.files[1]} behind it, or leave out -m.")
    options.args = tuple(words[len(before) + 1 :])
    return options


def execute(options: Options) -> int:
    """Run each program; see `STATUSES`. Raises UsageError."""
    launches = [launch_of(options, name, options.args, checks_syntax=False) for name in options.files]
    if options.sarif is not None:
        check_writable("--sarif", options.sarif, JSON_BEGIN)
    if options.junit is not None:
        check_writable("--junit", options.junit, XML_BEGIN)
    from rockproc.observer.exports.checked import Checked
    from rockproc.observer.report.judgement import Ending, judge

    from .headless import Limits, print_killed, print_stacks, watch

    garbage_collection.collect_rarely()
    limits = Limits(options.timeout, options.grace, stops_when_stuck=True, reads_stacks=options.stacks)
    checked: list[Checked] = []
    for launch in launches:
        outcome = watch(launch, limits)
        judgement = judge(
            outcome.report, outcome.ending, fail_on=options.fail_on, allow_unobserved=options.allow_unobserved
        )
        _print_result(launch, outcome, judgement)
        print_stacks(outcome)
        print_killed(outcome)
        checked.append(Checked(outcome.report, judgement))
        if outcome.ending is Ending.SIGNAL:
            return outcome.status
    _export(options, checked)
    answers = {int(program.judgement.answer) for program in checked}
    return next((status for status in WORST_FIRST if status in answers), 0)


def _export(options: Options, checked: Sequence[Checked]) -> None:
    """Write the answers in the formats that were asked for."""
    from rockproc.observer.exports import github, junit, sarif

    if options.sarif is not None:
        from rockproc.observer.findings.registry import explanations

        from .version import version

        document = sarif.write(checked, version=version(), explanations=explanations())
        Path(options.sarif).write_text(document, encoding="utf-8")
    if options.junit is not None:
        Path(options.junit).write_text(junit.write(checked), encoding="utf-8")
    if options.github:
        print_out([github.write(checked)])


def _print_result(launch: Launch, outcome: Outcome, judgement: Judgement) -> None:
    """Print the findings with their advice, then the activities at the time limit, then the answer."""
    from rockproc.observer.model import HELPER_ROLES
    from rockproc.observer.report.activity import activity, ended
    from rockproc.observer.report.judgement import SEVERITIES, Ending
    from rockproc.observer.report.reported import is_reported
    from rockproc.observer.report.text import finding_text, with_advice

    script = launch.script
    findings = sorted(outcome.report.findings, key=lambda finding: SEVERITIES.index(finding.severity))
    for finding, advice in with_advice([finding for finding in findings if is_reported(finding)]):
        _line(f"{script}: {finding.severity}: {finding_text(finding)}")
        if advice:
            _line(f"  {advice}.", indent="  ")
    if outcome.ending is Ending.TIME_LIMIT:
        for process in outcome.report.processes:
            if process.state in ("running", "waiting", "stopped") and process.role not in HELPER_ROLES:
                what = "; ".join(activity(process))
                outside = "inspected from outside" if process.inspected else "not observed"
                seen = "" if process.observed else f" ({outside})"
                _line(f"{script}: at the time limit: {process.name} ({process.pid}){seen}: {what}")
        # The others may wait for a process that has failed unnoticed.
        for text in ended(outcome.report.processes):
            _line(f"{script}: at the time limit: {text}")
    _line(f"{script}: {judgement.summary}")


def _line(text: str, indent: str = "") -> None:
    """Print one line on stderr: names may hold anything, also line breaks and what a terminal acts on."""
    from rockproc.observer.report.text import printable

    print_error(indent + printable(" ".join(text.split())))
