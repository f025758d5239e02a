"""The look of the screen, and the choices that are remembered between sessions."""
