"""The words for the states of processes, as psutil has them. Its import takes long, and Linux needs no more of it."""

from __future__ import annotations

RUNNING = "running"
SLEEPING = "sleeping"
DISK_SLEEP = "disk-sleep"
STOPPED = "stopped"
TRACING_STOP = "tracing-stop"
ZOMBIE = "zombie"
DEAD = "dead"
IDLE = "idle"
