"""`--debug FILE`: a log of rockproc-tui itself with the tracebacks of its errors, to attach to a bug report."""

from __future__ import annotations

import contextlib
import logging
import platform
import sys
from collections.abc import Generator
from importlib import metadata
from pathlib import Path

from .errors import UsageError
from .version import version

LOGGER = "rockproc"
FORMAT = "%(asctime)s.%(msecs)03d %(levelname)s %(name)s [%(threadName)s] %(message)s"
LIBRARIES = ("textual", "rich", "msgspec", "psutil", "platformdirs", "py-spy")


@contextlib.contextmanager
def debug_log(name: str) -> Generator[None]:
    """Write everything that is logged into a file, with tracebacks. Raises UsageError."""
    if Path(name).exists() and not Path(name).is_file():
        # To open a pipe would wait for a reader.
        raise UsageError(f"--debug {name}: that is a pipe or a device. Name a file that can be written.")
    try:
        handler = logging.FileHandler(name, mode="w", encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise UsageError(f"--debug {name}: {error.strerror}. Name a file that can be written.") from error
    handler.setFormatter(logging.Formatter(FORMAT, "%H:%M:%S"))
    logger = logging.getLogger(LOGGER)
    logger.setLevel(logging.DEBUG)
    logger.addHandler(handler)
    try:
        logger.info("rockproc-tui %s, Python %s, %s", version(), sys.version.replace("\n", " "), platform.platform())
        logger.info("%s", ", ".join(f"{library} {_version_of(library)}" for library in LIBRARIES))
        logger.info("arguments: %r", sys.argv[1:])
        yield
    except BaseException:
        logger.exception("the command ended with an exception")
        raise
    finally:
        logger.removeHandler(handler)
        handler.close()


def _version_of(library: str) -> str:
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return "is not installed"
