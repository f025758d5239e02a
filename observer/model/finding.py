"""A problem that can be proved or is strongly suspected."""

from __future__ import annotations

from dataclasses import dataclass

from .site import Site


@dataclass(frozen=True)
class Finding:
    """A problem that can be proved or strongly suspected from the world."""

    rule: str
    """A slug: `deadlock`, `zombie`."""
    severity: str
    """error, warning, info."""
    verdict: str
    """certain, orphaned, suspected."""
    message: str
    at: float
    site: Site | None = None
    processes: tuple[int, ...] = ()
    objects: tuple[int, ...] = ()
    advice: str = ""
    """What would break it."""
    active: bool = True
    """False once it has dissolved."""

    @property
    def key(self) -> tuple[object, ...]:
        """What tells it from others, and stays when it is told otherwise."""
        return self.rule, self.processes, self.objects
