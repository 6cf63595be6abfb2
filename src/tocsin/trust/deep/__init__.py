"""Looking deeper into a server's TLS: versions, suites, keys, and what else it has."""
