"""A signal handler sets a flag, and the thread sets the Event itself."""

import signal
from multiprocessing import Event, Process

stopping = False


def on_alarm(number, frame):
    global stopping
    stopping = True


def work(done):
    done.wait()


def main():
    done = Event()
    process = Process(target=work, args=(done,))
    process.start()
    signal.signal(signal.SIGALRM, on_alarm)
    signal.alarm(1)
    while not stopping:
        done.wait(0.2)
    done.set()
    process.join()
    print("done")


if __name__ == "__main__":
    main()
