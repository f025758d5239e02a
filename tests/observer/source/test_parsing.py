"""Several threads, such as those of the screen and the observer, may parse programs at the same time."""

from __future__ import annotations

import ast
import gc
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from rockproc.observer.source.parsing import parse


@pytest.fixture
def interrupted() -> Iterator[None]:
    """Run other threads while objects are created, as a finalizer may."""
    before = gc.get_threshold()

    def give_way(_phase: str, _found: dict[str, int]) -> None:
        time.sleep(0)

    gc.callbacks.append(give_way)
    gc.set_threshold(200)
    yield
    gc.set_threshold(*before)
    gc.callbacks.remove(give_way)


@pytest.mark.usefixtures("interrupted")
def test_threads_can_parse_at_the_same_time() -> None:
    source = Path(ast.__file__).read_text()[:20_000].rpartition("\n\n\n")[0]
    with ThreadPoolExecutor(4) as threads:
        trees = list(threads.map(parse, [source] * 12))
    assert len({len(tree.body) for tree in trees}) == 1
