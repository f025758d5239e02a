"""The code outside the observed processes: launches a run, maintains its model, sends signals. Knows no screen."""
