"""A program of its own attaches to shared memory, and its resource tracker unlinks it at its end."""

import subprocess
import sys
import time
from multiprocessing.shared_memory import SharedMemory

if __name__ == "__main__":
    memory = SharedMemory(create=True, size=1000)
    attach = f"from multiprocessing.shared_memory import SharedMemory; SharedMemory({memory.name!r}).close()"
    subprocess.run([sys.executable, "-c", attach])
    time.sleep(2)
    memory.close()
