"""The two looks of our own. Textual's others work as well."""

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
    },
)


def completed(variables: dict[str, str]) -> dict[str, str]:
    """Fills in what only our own themes define, from the colours of any other."""
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
