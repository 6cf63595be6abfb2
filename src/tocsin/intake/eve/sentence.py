"""An alert told in sentences, for people."""

from __future__ import annotations

from collections.abc import Mapping

from tocsin.domain.alarm import Host

_SHOWN = 300


def details_of(
    signature: str, source: Host, target: Host, protocol: str | None, known: Mapping[str, str]
) -> str:
    """What was seen between whom, of what class, and what the protocol showed.

    `known` are the attributes of the alert.
    """
    sentences = [_seen(signature, source, target, protocol, known), _rated(known)]
    sentences += [told for told in (_allowed(known), _shown(known), _flow(known)) if told]
    return "\n".join(sentences)


def _seen(
    signature: str, source: Host, target: Host, protocol: str | None, known: Mapping[str, str]
) -> str:
    over = f" over {protocol}" if protocol else ""
    app = known.get("app_proto")
    spoken = f" ({app})" if app and app != "failed" else ""
    return f"{signature}: {_end(source)} to {_end(target)}{over}{spoken}."


def _end(host: Host) -> str:
    if host.ip is None:
        return "an unknown host"
    if host.port is None:
        return host.ip
    return f"[{host.ip}]:{host.port}" if ":" in host.ip else f"{host.ip}:{host.port}"


def _rated(known: Mapping[str, str]) -> str:
    rule = ":".join(known[name] for name in ("gid", "signature_id", "rev") if name in known)
    parts = [
        f"Rule {rule}" if rule else "Rule unknown",
        *([f"class {_cut(known['class'])}"] if "class" in known else []),
        *([f"priority {known['priority']}"] if "priority" in known else []),
    ]
    return ", ".join(parts) + "."


def _allowed(known: Mapping[str, str]) -> str:
    match known.get("action"):
        case "blocked":
            return "The sensor blocked it."
        case "allowed":
            return "The sensor let it pass."
        case _:
            return ""


def _shown(known: Mapping[str, str]) -> str:
    if "http.url" in known or "http.hostname" in known:
        method = known.get("http.http_method", "request")
        status = f", status {known['http.status']}" if "http.status" in known else ""
        where = _cut(known.get("http.hostname", "") + known.get("http.url", ""))
        return f"HTTP {method} {where}{status}."
    if "dns.rrname" in known:
        kind = known.get("dns.rrtype", "record")
        return f"DNS question for the {kind} of {_cut(known['dns.rrname'])}."
    if "tls.sni" in known or "tls.subject" in known:
        return f"TLS with {_cut(known.get('tls.sni') or known['tls.subject'])}."
    if "ssh.client.software_version" in known:
        return f"SSH client {_cut(known['ssh.client.software_version'])}."
    if "smtp.mail_from" in known:
        return f"SMTP mail from {_cut(known['smtp.mail_from'])}."
    return ""


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def _flow(known: Mapping[str, str]) -> str:
    sent, back = known.get("flow.bytes_toserver"), known.get("flow.bytes_toclient")
    if sent is None or back is None:
        return ""
    return f"Up to then {sent} bytes had gone to the server and {back} to the client."
