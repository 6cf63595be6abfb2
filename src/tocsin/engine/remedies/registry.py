"""The kinds of remedies: what each is called, and what it comes to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tocsin.doctor.remedy import RemedyKind
from tocsin.engine.remedies import anchor, dhe, password, sender, setting, way
from tocsin.engine.remedies.plan import Case, Plan


@dataclass(frozen=True, slots=True)
class Kind:
    """A remedy that changes the configuration."""

    label: str
    """The words of its button: what it does."""
    plan: Callable[[Case], Plan]
    """What it comes to.

    Raises:
        Moot: it does not fit the configuration as it is.
    """


KINDS: Mapping[RemedyKind, Kind] = {
    RemedyKind.ADD_ANCHOR: Kind("Trust this certificate", anchor.plan),
    RemedyKind.DROP_DHE: Kind("Leave out DHE", dhe.plan),
    RemedyKind.CHANGE_MODE: Kind("Change port and encryption", way.mode),
    RemedyKind.CHANGE_SERVER: Kind("Change the server", way.server),
    RemedyKind.SET_SENDER: Kind("Set the From Email", sender.plan),
    RemedyKind.DERIVE_PASSWORD: Kind("Derive the SMTP password", password.derived),
    RemedyKind.TRIM_PASSWORD: Kind("Trim the password", password.cut_to_size),
    RemedyKind.SET_SIGN_IN: Kind("Set the sign-in method", setting.sign_in),
    RemedyKind.LOWER_RATE: Kind("Lower the rate", setting.rate),
}
"""Those that change the configuration; `engine.remedy` has the two that do something else."""

OTHERS: Mapping[RemedyKind, str] = {
    RemedyKind.AWAIT_PRODUCTION: "Hold until the sandbox is left",
    RemedyKind.TRY_NOW: "Try now",
}
"""The buttons of those that change no configuration."""
