"""Tocsin: a self-hosted network-security manager that proves its alarms arrive."""

__version__ = "0.1.0"
