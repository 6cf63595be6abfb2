"""Central Management, pure: the configuration document, its checks, its differences, its roll-out."""
