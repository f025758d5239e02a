"""The result is asked for after the pool's with block has ended."""

import time
from multiprocessing import Pool


def resize(name):
    time.sleep(0.5)
    return name + ".small"


def main():
    with Pool(2) as pool:
        pending = [pool.apply_async(resize, (name,)) for name in ("a", "b", "c")]
    for result in pending:
        print(result.get())


if __name__ == "__main__":
    main()
