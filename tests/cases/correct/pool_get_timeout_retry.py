"""A pool whose worker is OOM-killed; main waits with a time-out and does the task again."""

from multiprocessing import Pool, TimeoutError
import os, signal, tempfile, pathlib, time


def task(path):
    p = pathlib.Path(path)
    if not p.exists():
        p.write_text("x")
        os.kill(os.getpid(), signal.SIGKILL)
    return 42


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as d, Pool(2) as pool:
        for attempt in range(3):
            try:
                print("got", pool.apply_async(task, (d + "/mark",)).get(timeout=4))
                break
            except TimeoutError:
                print("again")
