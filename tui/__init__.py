"""The app: command line, screens, keys, commands, theme."""
