"""The floor: clock, ids, back-off, secrets, files. Standard library only."""
