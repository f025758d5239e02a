"""A run that has ended must hold no resource of the system but its recording and the last content of shared memory."""

from __future__ import annotations

import gc
import sys
import threading
from pathlib import Path

import pytest
from rockproc.observer.run.run import LaunchError, Run
from rockproc.observer.scenarios.launch import Launch

from tests.observer.conftest import wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

PROGRAM = """
import multiprocessing as mp, time

def work(value, segment, queue):
    queue.put(value.value)
    time.sleep(600)

if __name__ == "__main__":
    from multiprocessing.shared_memory import SharedMemory
    segment = SharedMemory(create=True, size=10)
    value, queue = mp.Value("i"), mp.Queue()
    children = [mp.Process(target=work, args=(value, segment, queue), daemon=True) for _ in range(2)]
    for child in children:
        child.start()
        queue.get()
    print("ready", flush=True)
    segment.unlink()
"""


def opened() -> list[str]:
    """Return the files to which our descriptors refer."""
    links = [entry for entry in Path("/proc/self/fd").iterdir() if entry.is_symlink()]
    return sorted(str(link.resolve()) for link in links)


@pytest.mark.parametrize("ending", ["by itself", "stopped", "not started"])
def test_an_ended_run_keeps_no_descriptors_open(ending: str, tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAM if ending == "by itself" else PROGRAM + "    time.sleep(600)\n")
    python = sys.executable if ending != "not started" else str(tmp_path / "python")
    gc.collect()
    before, threads = opened(), threading.active_count()
    run = Run(Launch(str(tmp_path / "program.py"), (), python=python))
    if ending == "not started":
        with pytest.raises(LaunchError):
            run.start()
    else:
        run.start()
        wait_until(lambda run=run: "ready" in [line.text for line in run.snapshot().output.since(0)[1]])
        if ending == "by itself":
            assert run.ended.wait(30)
        run.stop()
        assert len(run.snapshot().processes) >= 3
        more = [path for path in opened() if path not in before]
        assert len([path for path in more if "/pym-" not in path]) == 1, more
    assert threading.active_count() == threads
    del run
    gc.collect()
    assert opened() == before
