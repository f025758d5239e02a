"""The parent joins the child."""

import time
from multiprocessing import Process


def work():
    pass


if __name__ == "__main__":
    process = Process(target=work)
    process.start()
    process.join()
    time.sleep(4)
    print("done")
