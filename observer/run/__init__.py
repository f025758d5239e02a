"""One run from launch to end; the only part of the observer that screens import besides the model."""
