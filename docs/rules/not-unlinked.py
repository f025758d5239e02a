"""Shared memory stays until a process calls unlink()."""

from multiprocessing.shared_memory import SharedMemory

if __name__ == "__main__":
    memory = SharedMemory(create=True, size=1000)
    memory.buf[0] = 1
    memory.close()
