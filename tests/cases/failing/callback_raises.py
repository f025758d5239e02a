"""A callback raises a KeyError, which the Pool swallows: its result never comes."""

import multiprocessing as mp


def f(n):
    return n


def on_done(r):
    raise KeyError(r)


if __name__ == "__main__":
    with mp.Pool(2) as pool:
        rs = [pool.apply_async(f, (i,), callback=on_done) for i in range(3)]
        print([r.get() for r in rs])
