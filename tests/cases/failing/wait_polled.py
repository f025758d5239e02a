"""The workers have failed, and main waits for their Pipes with a time-out."""

from multiprocessing import Pipe, Process
from multiprocessing.connection import wait


def work(conn):
    conn.send({}["key"])


if __name__ == "__main__":
    pipes = [Pipe(duplex=False) for _ in range(3)]
    for _, writer in pipes:
        Process(target=work, args=(writer,)).start()
    readers = [reader for reader, _ in pipes]
    while readers:
        for reader in wait(readers, timeout=1):
            print(reader.recv())
            readers.remove(reader)
