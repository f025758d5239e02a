"""A process that has been forked twice, and belongs to a session of its own, sends what main waits for."""

import os
import time
from multiprocessing import Pipe


def main():
    reader, writer = Pipe(duplex=False)
    if os.fork() == 0:
        if os.fork() == 0:
            os.setsid()
            reader.close()
            time.sleep(8)
            writer.send("done")
        os._exit(0)
    os.wait()
    writer.close()
    print(reader.recv())


if __name__ == "__main__":
    main()
