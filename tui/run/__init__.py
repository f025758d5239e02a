"""Control of the run that a screen shows."""
