"""Alarms that programs send over the API, and commands from files: one reader for both."""

from tocsin.intake.http.alarm import MOST_IN_A_BATCH, AlarmFields
from tocsin.intake.http.problem import FieldError, Problem
from tocsin.intake.http.reading import read_reports

__all__ = ["MOST_IN_A_BATCH", "AlarmFields", "FieldError", "Problem", "read_reports"]
