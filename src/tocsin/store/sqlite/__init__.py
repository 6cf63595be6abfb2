"""Django's SQLite backend, with a shorter wait for one's turn to write."""
