"""The server sends a greeting first, after which the client sends its request."""

from multiprocessing import Process
from multiprocessing.connection import Client, Listener


def client(address):
    with Client(address, authkey=b"secret") as server:
        print("greeting:", server.recv())
        server.send("request")
        print("answer:", server.recv())


def main():
    with Listener(authkey=b"secret") as listener:
        process = Process(target=client, args=(listener.address,))
        process.start()
        with listener.accept() as connection:
            connection.send("hello")
            print("request:", connection.recv())
            connection.send("answer")
        process.join()


if __name__ == "__main__":
    main()
