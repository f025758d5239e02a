"""Closes all descriptors, as a daemon does, and opens files of its own, which get their numbers."""

import multiprocessing
import os
import tempfile


def work(numbers):
    print([os.fstat(number).st_size for number in numbers])


if __name__ == "__main__":
    context = multiprocessing.get_context("fork")
    folder = tempfile.mkdtemp()
    os.closerange(3, 1000)
    numbers = []
    for size in range(8):
        path = os.path.join(folder, str(size))
        numbers.append(os.open(path, os.O_WRONLY | os.O_CREAT))
        os.write(numbers[-1], b"x" * size)
        os.unlink(path)
    os.rmdir(folder)
    child = context.Process(target=work, args=(numbers,))
    child.start()
    child.join()
    print(child.exitcode, [os.fstat(number).st_size for number in numbers])
