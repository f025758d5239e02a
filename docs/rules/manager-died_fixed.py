"""A manager is shut down when no process uses its objects any more."""

import multiprocessing

if __name__ == "__main__":
    with multiprocessing.Manager() as manager:
        results = manager.dict(first=1)
        print(results["first"])
    multiprocessing.Event().wait(2)
