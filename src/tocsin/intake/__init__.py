"""Kinds of sources, one folder or file each: bytes in, reports or problems out."""
