"""The table of actions, and the keys that users give to them."""
