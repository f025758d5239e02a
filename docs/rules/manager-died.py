"""The server process of a manager is killed while others use its objects."""

import multiprocessing
import os
import signal

if __name__ == "__main__":
    manager = multiprocessing.Manager()
    results = manager.dict(first=1)
    os.kill(manager._process.pid, signal.SIGKILL)
    manager._process.join()
    try:
        print(results["first"])
    except (OSError, EOFError) as error:
        print("lost:", type(error).__name__)
    multiprocessing.Event().wait(2)
