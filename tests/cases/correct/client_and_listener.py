"""A child connects to a Listener, and they take turns."""

import os
import tempfile
from multiprocessing import Process
from multiprocessing.connection import Client, Listener


def talk(address):
    with Client(address) as connection:
        for number in range(50):
            connection.send(number)
            assert connection.recv() == number + 1


if __name__ == "__main__":
    address = os.path.join(tempfile.mkdtemp(), "socket")
    with Listener(address) as listener:
        process = Process(target=talk, args=(address,))
        process.start()
        with listener.accept() as connection:
            for _ in range(50):
                connection.send(connection.recv() + 1)
        process.join()
