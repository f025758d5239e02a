"""Two hundred children at once."""

import time
from multiprocessing import Process

if __name__ == "__main__":
    children = [Process(target=time.sleep, args=(600,), daemon=True) for _ in range(200)]
    for child in children:
        child.start()
    for child in children:
        child.join()
