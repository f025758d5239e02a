"""One side receives while the other one sends."""

from multiprocessing import Pipe, Process


def work(connection):
    connection.recv()
    connection.send(bytes(1_000_000))


if __name__ == "__main__":
    here, there = Pipe()
    process = Process(target=work, args=(there,))
    process.start()
    here.send(bytes(1_000_000))
    here.recv()
    process.join()
