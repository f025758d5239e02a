"""An exception with an own __init__ cannot be unpickled, which ends the thread that hands over results."""

import multiprocessing as mp


class ApiError(Exception):
    def __init__(self, code, text):
        super().__init__(f"{code}: {text}")


def call(n):
    if n == 2:
        raise ApiError(500, "server")
    return n


if __name__ == "__main__":
    with mp.Pool(2) as pool:
        print(pool.map(call, range(4)))
