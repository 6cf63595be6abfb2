"""Use cases and loops: what Tocsin does, each in one place, whatever face asked."""
