"""A task waits for an Event of a manager that the main process sets only after it has the result."""

import multiprocessing as mp


def step(number, go):
    go.wait()
    return number * number


def main():
    manager = mp.Manager()
    go = manager.Event()
    with mp.Pool(2) as pool:
        results = pool.starmap(step, [(1, go), (2, go)])
        go.set()
    print(results)


if __name__ == "__main__":
    main()
