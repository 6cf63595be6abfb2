"""What the manager knows, kept: the one Django app."""
