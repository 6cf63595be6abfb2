"""Mail: messages, the conversation with a relay, and the connection that carries it."""
