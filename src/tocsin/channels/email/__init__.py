"""The action that tells by mail."""
