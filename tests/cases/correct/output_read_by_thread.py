"""A thread reads the output of a command, later, while main waits for the command to end."""

import subprocess
import threading


def main():
    command = subprocess.Popen(["head", "-c", "500000", "/dev/zero"], stdout=subprocess.PIPE)
    threading.Timer(8, command.stdout.read).start()
    command.wait()


if __name__ == "__main__":
    main()
