"""The catalogue of what can go wrong: one stable code each, with cause and fix."""
