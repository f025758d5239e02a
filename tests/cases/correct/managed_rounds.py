"""Processes count rounds in a dict of a manager, under a Lock of multiprocessing."""

import multiprocessing as mp


def bump(stats, lock, n):
    for i in range(n):
        with lock:
            stats["n"] += 1
            if stats["n"] >= 7:
                stats["n"] = 0
                stats["rounds"] = stats["rounds"] + 1


if __name__ == "__main__":
    with mp.Manager() as m:
        stats, lock = m.dict(n=0, rounds=0), mp.Lock()
        ps = [mp.Process(target=bump, args=(stats, lock, 70)) for _ in range(3)]
        [p.start() for p in ps]
        [p.join() for p in ps]
        print(stats["rounds"])
