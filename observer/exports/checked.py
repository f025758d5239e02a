"""A run with the judgement of it: what the exports of findings are made from."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from ..report.judgement import Judgement
from ..report.schema import Report


class Checked(NamedTuple):
    """A program that was checked, with its report and its judgement."""

    report: Report
    judgement: Judgement

    @property
    def script(self) -> str:
        """The program's path or module, as it was named."""
        return self.report.scenario.path


def below_working_directory(path: str) -> str:
    """Return a path relative to the working directory where it lies below it; otherwise as it is."""
    try:
        return Path(path).absolute().relative_to(Path.cwd()).as_posix()
    except (ValueError, OSError):
        return path
