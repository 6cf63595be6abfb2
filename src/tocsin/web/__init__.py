"""The pages: parse, call the engine, render. No decisions here."""
