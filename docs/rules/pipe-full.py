"""Both sides send more than the pipe holds before they receive."""

from multiprocessing import Pipe, Process


def work(connection):
    connection.send(bytes(1_000_000))
    connection.recv()


if __name__ == "__main__":
    here, there = Pipe()
    process = Process(target=work, args=(there,))
    process.start()
    here.send(bytes(1_000_000))
    here.recv()
    process.join()
