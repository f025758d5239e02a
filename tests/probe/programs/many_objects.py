"""More objects than there are cells, one after the other, and one that stays."""

import gc
import multiprocessing

MANY = 4200


def echo(connection):
    for item in iter(connection.recv, None):
        connection.send(item)


if __name__ == "__main__":
    ours, theirs = multiprocessing.Pipe()
    child = multiprocessing.Process(target=echo, args=(theirs,))
    child.start()
    lock = multiprocessing.Lock()
    for number in range(MANY):
        one, other = multiprocessing.Pipe()
        one.send(number)
        with lock:
            assert other.recv() == number
        one.close()
        other.close()
        if number % 1000 == 0:
            ours.send(number)
            assert ours.recv() == number
            gc.collect()
    ours.send(None)
    child.join()
    print(MANY, child.exitcode)
