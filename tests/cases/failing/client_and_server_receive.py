"""The client waits for a greeting of the server, and the server for a request of the client."""

from multiprocessing import Process
from multiprocessing.connection import Client, Listener


def client(address):
    with Client(address, authkey=b"secret") as server:
        print("greeting:", server.recv())
        server.send("request")


def main():
    with Listener(authkey=b"secret") as listener:
        process = Process(target=client, args=(listener.address,))
        process.start()
        with listener.accept() as connection:
            print("request:", connection.recv())
            connection.send("answer")
        process.join()


if __name__ == "__main__":
    main()
