"""The product's API, ``/api/v1``: parses, calls the engine, answers JSON. No decisions here."""
