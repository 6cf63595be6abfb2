"""Faults known from text alone: a log line, a stack trace, a relay's reply."""
