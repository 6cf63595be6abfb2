"""Who is at the other end: certificates, chains, trust anchors, cipher policy, TLS."""
