"""wait() returns once no process has the other ends open."""

from multiprocessing import Pipe, Process
from multiprocessing.connection import wait


def work(writer):
    writer.send(1)


if __name__ == "__main__":
    pipes = [Pipe(duplex=False) for _ in range(2)]
    readers = [reader for reader, _ in pipes]
    processes = [Process(target=work, args=(writer,)) for _, writer in pipes]
    for process in processes:
        process.start()
    for _, writer in pipes:
        writer.close()
    while readers:
        for reader in wait(readers):
            try:
                print(reader.recv())
            except EOFError:
                readers.remove(reader)
    for process in processes:
        process.join()
