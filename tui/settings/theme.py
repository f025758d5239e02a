"""Our own themes: dark and light, and one each for terminals of 256 and of 16 colours.

Colours of states (runs, waits, dead, ended) are never used for identities (`who-1` to `who-5`, `lock-0` to `lock-2`).
"""

from __future__ import annotations

from textual.color import Color
from textual.theme import Theme

DARK = Theme(
    name="rockproc-dark",
    primary="#6cb6ff",
    secondary="#c4a5f7",
    accent="#5fd7c0",
    warning="#eab464",
    error="#f47c7c",
    success="#8bd17c",
    foreground="#d8dee9",
    background="#10141b",
    surface="#151a23",
    panel="#1d2430",
    dark=True,
    variables={
        "muted": "#8290a3",
        "cursor-line": "#29435f",
        "cursor-line-blurred": "#1c2a3a",
        "border-line": "#33465c",
        "footer-key-foreground": "#5fd7c0",
        "faint": "#414d5e",
        "who-1": "#6cb6ff",
        "who-2": "#4fd6d6",
        "who-3": "#f2a0d6",
        "who-4": "#b49cff",
        "who-5": "#a3c4e0",
        "lock-0": "#5fd7c0",
        "lock-1": "#c4a5f7",
        "lock-2": "#7fa8ff",
    },
)

LIGHT = Theme(
    name="rockproc-light",
    primary="#1a63a8",
    secondary="#7340b8",
    accent="#0b7a6b",
    warning="#8a5a00",
    error="#b3261e",
    success="#2b7a2e",
    foreground="#1d2530",
    background="#fcfcfa",
    surface="#f4f5f3",
    panel="#e7ebee",
    dark=False,
    variables={
        "muted": "#5d6875",
        "cursor-line": "#c3dcf5",
        "cursor-line-blurred": "#e4edf6",
        "border-line": "#b4c2cf",
        "footer-key-foreground": "#0b7a6b",
        "faint": "#b3bcc5",
        "who-1": "#1a63a8",
        "who-2": "#0a6f82",
        "who-3": "#a62c7c",
        "who-4": "#6a3fc0",
        "who-5": "#45617e",
        "lock-0": "#0b7a6b",
        "lock-1": "#7340b8",
        "lock-2": "#2d55c8",
    },
)

DARK_256 = Theme(
    name="rockproc-256",
    primary="#5fafff",
    secondary="#af87ff",
    accent="#5fd7d7",
    warning="#ffaf5f",
    error="#ff5f5f",
    success="#87d75f",
    foreground="#d0d0d0",
    background="#121212",
    surface="#1c1c1c",
    panel="#262626",
    dark=True,
    variables={
        "muted": "#8a8a8a",
        "cursor-line": "#000087",
        "cursor-line-blurred": "#303030",
        "border-line": "#4e4e4e",
        "footer-key-foreground": "#5fd7d7",
        "faint": "#585858",
        "who-1": "#5fafff",
        "who-2": "#5fd7d7",
        "who-3": "#ff87d7",
        "who-4": "#af87ff",
        "who-5": "#afd7ff",
        "lock-0": "#5fd7af",
        "lock-1": "#d7afff",
        "lock-2": "#5f87ff",
    },
)
"""Every colour is one of the 256, so that none is changed on the way to the terminal."""

DARK_16 = Theme(
    name="rockproc-16",
    primary="#55ffff",
    secondary="#ff55ff",
    accent="#55ffff",
    warning="#ffff55",
    error="#ff5555",
    success="#55ff55",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#000000",
    dark=True,
    variables={
        "muted": "#aaaaaa",
        "cursor-line": "#0000aa",
        "cursor-line-blurred": "#0000aa",
        "border-line": "#555555",
        "footer-key-foreground": "#55ffff",
        "faint": "#555555",
        "who-1": "#55ffff",
        "who-2": "#ff55ff",
        "who-3": "#00aaaa",
        "who-4": "#aa00aa",
        "who-5": "#5555ff",
        "lock-0": "#00aaaa",
        "lock-1": "#aa00aa",
        "lock-2": "#5555ff",
    },
)
"""Every colour is one of the 16. Red, green and yellow belong to states."""

GREYS = Theme(
    name="rockproc-greys",
    primary="#ffffff",
    secondary="#ffffff",
    accent="#ffffff",
    warning="#ffffff",
    error="#ffffff",
    success="#ffffff",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#303030",
    dark=True,
    variables={
        "muted": "#aaaaaa",
        "cursor-line": "#555555",
        "cursor-line-blurred": "#303030",
        "border-line": "#555555",
        "footer-key-foreground": "#ffffff",
        "faint": "#555555",
        **{f"who-{number}": "#ffffff" for number in range(1, 6)},
        **{f"lock-{number}": "#aaaaaa" for number in range(3)},
    },
)
"""A theme without colours. The greys of another theme's colours would make an error darker than the text around it."""

THEMES = (DARK, LIGHT, DARK_256, DARK_16, GREYS)
DEFAULTS = (DARK, DARK_256, DARK_16, GREYS)
"""The themes that are chosen by what the terminal can show."""
_FOR_COLOR_SYSTEM = {"standard": DARK_16, "256": DARK_256}


def default_theme(color_system: str | None, *, no_color: bool = False) -> Theme:
    """Return the theme for what a terminal can show, by the name that Rich gives it, and for NO_COLOR."""
    return GREYS if no_color else _FOR_COLOR_SYSTEM.get(color_system or "", DARK)


def completed(variables: dict[str, str]) -> dict[str, str]:
    """Return the variables of a theme with those that only our own themes define, derived from its other colours."""
    try:
        front, back, primary = (Color.parse(variables[name]) for name in ("foreground", "background", "primary"))
    except Exception:  # a theme in the terminal's own 16 colours
        derived = {
            "muted": "ansi_bright_black",
            "cursor-line": "ansi_blue",
            "cursor-line-blurred": "ansi_black",
            "border-line": "ansi_bright_black",
        }
    else:
        derived = {
            "muted": back.blend(front, 0.6).hex,
            "cursor-line": back.blend(primary, 0.35).hex,
            "cursor-line-blurred": back.blend(primary, 0.15).hex,
            "border-line": back.blend(primary, 0.4).hex,
        }
    return {**derived, **variables}
