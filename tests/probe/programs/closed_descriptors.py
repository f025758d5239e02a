"""Descriptors that were closed before a fork are closed in the child, and in its child, as well."""

import os


def is_open(number):
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def forked(depth):
    print([number for number in numbers if is_open(number)], flush=True)
    if depth:
        child = os.fork()
        if not child:
            forked(depth - 1)
            os._exit(depth)
        print(os.waitpid(child, 0)[1] >> 8, flush=True)


if __name__ == "__main__":
    numbers = [os.open(os.devnull, os.O_RDONLY) for _ in range(20)]
    for number in numbers[1:]:
        os.close(number)
    forked(3)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    forked(2)
    numbers = [os.open(os.devnull, os.O_RDONLY) for _ in range(20)]
    print(numbers)
    forked(1)
