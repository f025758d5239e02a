"""The numbers of threads are read in the memory of a process, which may end meanwhile."""

from __future__ import annotations

import io

import pytest
from rockproc.observer.kernel.thread_sampler import ThreadSampler
from rockproc.observer.model import World


def test_reading_a_process_without_memory_raises_os_error() -> None:
    """Reading the memory of a process that has ended since it was opened returns no byte and raises no error."""
    sampler = ThreadSampler(World())
    with pytest.raises(OSError):  # noqa: PT011 (it has no text)
        sampler._number(io.BytesIO(), 8)  # pyright: ignore[reportPrivateUsage, reportArgumentType]
    assert sampler._number(io.BytesIO(bytes(8) + (7).to_bytes(4, "little")), 8) == 7  # pyright: ignore[reportPrivateUsage, reportArgumentType]
