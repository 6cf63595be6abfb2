"""Kinds of sources, one folder each: bytes or objects in, reports or problems out."""
