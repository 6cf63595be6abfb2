"""Kinds of response actions, one folder each: settings, checks, rendering."""
