"""Suricata's EVE log: alerts, followed live through rotation and restart."""
