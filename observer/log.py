"""Messages for `--debug FILE`. `logging` takes long to import, and most runs have nothing to report."""

from __future__ import annotations

import sys


class Log:
    """The logger of one module, as in `logging`."""

    def __init__(self, name: str) -> None:
        self._name = name

    @property
    def has_details(self) -> bool:
        """True if details are logged, too. Code that configures this has imported `logging`."""
        if "logging" not in sys.modules:
            return False
        import logging

        return logging.getLogger(self._name).isEnabledFor(logging.DEBUG)

    def error(self, message: str, *values: object, exc_info: BaseException | None = None) -> None:
        """Report an error; with its traceback, where it is an exception."""
        import logging

        logging.getLogger(self._name).error(message, *values, exc_info=exc_info)

    def info(self, message: str, *values: object) -> None:
        """Report a detail."""
        if self.has_details:
            import logging

            logging.getLogger(self._name).info(message, *values)
