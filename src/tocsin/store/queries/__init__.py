"""What is asked of the tables; the hot paths in plain SQL, many rows at a time.

Each function here works inside the caller's transaction: use cases in the engine
say what belongs together. The statements are the same on SQLite and PostgreSQL.
"""
