"""A program that starts while what observes it is imported, which takes longer than a short program."""

from __future__ import annotations

import os
import time
from pathlib import Path

from rockproc import probe

from ..keeper.early_keeper import take_early
from ..keeper.keeper import Keeper
from ..keeper.session import Session
from ..scenarios.launch import Launch
from .code_cache import code_cache

_ENTRY = Path(probe.__file__).parent / "entry"


class LaunchError(Exception):
    """The program could not be started; the message is one line for the user."""


class PreparedProgram:
    """A launch with its session folder and its keeper. `end()` ends every process of it and removes the folder.

    Whether the program could be executed is among the events of the keeper.
    """

    def __init__(
        self,
        launch: Launch,
        *,
        stdout: int | None = None,
        stderr: int | None = None,
        inherit: bool = False,
        stdout_to_stderr: bool = False,
    ) -> None:
        """Start the keeper, and make the folder.

        Args:
            launch: what will be started, and how.
            stdout: the descriptor to which the program writes; it may be closed here afterwards.
            stderr: the same for its errors.
            inherit: it has our stdin, stdout and stderr.
            stdout_to_stderr: what it writes to its stdout goes to its stderr.

        Raises:
            LaunchError: the session folder or the keeper cannot be made.
        """
        self._launch = launch
        self._line_buffered = not inherit
        self._stdout_to_stderr = stdout_to_stderr
        self.complaint = ""
        """A problem with the cache of woven code, for the user."""
        self.launched_ns: int | None = None
        """`time.monotonic_ns()` at the call of `start()`."""
        early = take_early() if inherit else None
        if early is not None:
            self.session, self.keeper = early
        else:
            self.session = Session()
            try:
                self.keeper = Keeper(stdout=stdout, stderr=stderr, folder=self.session.path, inherit=inherit)
            except OSError as error:
                raise LaunchError(f"cannot start {launch.python}: {error}") from error
        try:
            self.session.make()
        except BaseException as error:
            self.end()
            if isinstance(error, OSError):
                raise LaunchError(f"cannot start {launch.python}: {error}") from error
            raise

    def start(self) -> None:
        """Let the keeper start the program, once it is itself ready. Raises LaunchError.

        The journals keep what happens until an observer reads them.
        """
        launch = self._launch
        self.launched_ns = time.monotonic_ns()
        try:
            environment = {**os.environ, **self._environment()}
        except OSError as error:
            raise LaunchError(f"cannot start {launch.python}: {error}") from error
        program = ["-m", launch.script] if launch.module else [launch.script]
        self.keeper.launch(
            [launch.python, *program, *launch.args],
            env=environment,
            cwd=launch.folder,
            stdout_to_stderr=self._stdout_to_stderr,
        )

    def end(self) -> None:
        """End all of it. Never raises."""
        self.keeper.end()
        self.session.remove()

    def _environment(self) -> dict[str, str]:
        """Return the environment with which a Python finds the probe; see `probe.entry.sitecustomize`."""
        cache, self.complaint = code_cache()
        flags = " ".join(
            name for name, is_set in (("lines", self._line_buffered), ("follow", self._launch.follow)) if is_set
        )
        folders = str(self.session.path), str(cache or self.session.path)
        session = "\n".join([*folders, self._launch.detail, self._launch.start_method or "", flags])
        path = os.environ.get("PYTHONPATH")
        added = {"PYTHONPATH": f"{_ENTRY}{os.pathsep}{path}" if path else str(_ENTRY)}
        if path is not None:
            added["ROCKPROC_PYTHONPATH"] = path
        return {**added, "ROCKPROC_SESSION": session}
