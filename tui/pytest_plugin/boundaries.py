"""Runs in the observed session: reports the boundaries of each test, and fails the test if the answer says so."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from .protocol import Report, ask


class Boundaries:
    """A plugin object. All errors of reporting are ignored: the tests then run as without it."""

    def __init__(self, address: str) -> None:
        self._address = address

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, object, object]:
        ask(self._address, Report("setup", item.nodeid))
        try:
            return (yield)
        except KeyboardInterrupt:
            self._fail_if_interrupted(item)
            raise

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        ask(self._address, Report("call", item.nodeid))
        try:
            return (yield)
        except KeyboardInterrupt:
            self._fail_if_interrupted(item)
            raise

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, object, object]:
        try:
            result = yield
        except KeyboardInterrupt:
            self._fail_if_interrupted(item)
            raise
        finally:
            failure = ask(self._address, Report("end", item.nodeid))
        if failure:
            pytest.fail(failure, pytrace=False)
        return result

    def _fail_if_interrupted(self, item: pytest.Item) -> None:
        """Fail the test if the observing session has interrupted it; otherwise the user pressed Ctrl+C."""
        failure = ask(self._address, Report("interrupted", item.nodeid))
        if failure:
            raise pytest.fail.Exception(failure, pytrace=False) from None

    def pytest_unconfigure(self) -> None:
        ask(self._address, Report("finish", ""))
