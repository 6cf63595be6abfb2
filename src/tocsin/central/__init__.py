"""Central Management, pure: the configuration document, its changes, its roll-out."""
