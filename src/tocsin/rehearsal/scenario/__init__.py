"""An EVE log of our own making: a scan that becomes a break-in, for demonstrations and tests.

`scenario` tells what a Suricata sensor would have written, record by record; `write_stream`
writes it as the sensor would, live, and rotates the file on the way.
"""

from tocsin.rehearsal.scenario.story import LENGTH_S, scenario
from tocsin.rehearsal.scenario.stream import write_stream

__all__ = ["LENGTH_S", "scenario", "write_stream"]
