"""``change-mode`` and ``change-server``: another port, encryption or server of the relay."""

from __future__ import annotations

from tocsin.engine.remedies.plan import Case, Moot, Plan, edited
from tocsin.engine.remedies.words import Words

MODE = (
    "The relay %(relay)s is reached at port %(port)s with %(encryption)s, in place of port "
    "%(old_port)s with %(old_encryption)s."
)
SERVER = "The relay %(relay)s is reached at %(server)s, in place of %(old_server)s."
IN_CLEAR = "Without encryption every mail can be read and altered on its way."
OTHER_SERVER = (
    "The user name and the password of the relay go to %(server)s from then on, once its "
    "certificate verifies."
)


def mode(case: Case) -> Plan:
    """Port and encryption as the walk found them to work."""
    one = case.configured()
    port, encryption = case.fact("port"), case.fact("encryption")
    if (str(one.port), one.encryption) == (port, encryption):
        raise Moot(f"the relay {one.name} is reached at port {port} with {encryption} already")
    facts = {
        "relay": one.name,
        "port": port,
        "encryption": encryption,
        "old_port": str(one.port),
        "old_encryption": one.encryption,
    }
    return Plan(
        Words(MODE, facts),
        f"set port {port} with {encryption} for the relay {one.name}",
        edited(case, one, port=_number(port), encryption=encryption),
        warnings=(Words(IN_CLEAR),) if encryption == "none" else (),
    )


def _number(text: str) -> int | str:
    """The port; what is no number is left for the document's own check."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < len("1000000") else text


def server(case: Case) -> Plan:
    """Another name of the server, such as the endpoint of the region that was meant."""
    one = case.configured()
    wanted = case.fact("server")
    if one.server.casefold() == wanted.casefold():
        raise Moot(f"the relay {one.name} is reached at {wanted} already")
    facts = {"relay": one.name, "server": wanted, "old_server": one.server}
    return Plan(
        Words(SERVER, facts),
        f"set the server {wanted} for the relay {one.name}",
        edited(case, one, server=wanted),
        warnings=(Words(OTHER_SERVER, {"server": wanted}),) if one.password else (),
    )
