"""Words of the operating system and its libraries, which every program repeats."""

from __future__ import annotations

from tocsin.faults.printed.said import ANY, of

_say = of(ANY)

PRINTED = (
    # getaddrinfo(3), gai_strerror(3)
    _say("dns.not-found", "Name or service not known"),
    _say("dns.not-found", "nodename nor servname provided"),
    _say("dns.not-found", "No address associated with hostname"),
    _say("dns.not-found", "Name has no usable address"),
    _say("dns.not-found", "Name does not resolve"),
    _say("dns.not-found", "NXDOMAIN"),
    _say("dns.not-found", "No such host is known"),
    _say("dns.not-found", "Unknown host"),
    _say("dns.timeout", "Temporary failure in name resolution"),
    _say("dns.timeout", "SERVFAIL"),
    # connect(2), strerror(3)
    _say("tcp.refused", "Connection refused"),
    _say("tcp.refused", "ECONNREFUSED"),
    _say("tcp.refused", "target machine actively refused it"),
    _say("tcp.refused", "errno=111", "connect:errno=111"),
    _say("tcp.timeout", "Connection timed out", "", "smtp.timeout", vague=True),
    _say("tcp.timeout", "Operation timed out", "", "smtp.timeout", vague=True),
    _say("tcp.timeout", "ETIMEDOUT", "", "smtp.timeout", vague=True),
    _say("tcp.timeout", "errno=110", "connect:errno=110"),
    _say(
        "tcp.timeout",
        "connected party did not properly respond after a period of time",
        "A connection attempt failed because the connected party did not properly respond "
        "after a period of time",
    ),
    _say("tcp.unreachable", "Network is unreachable"),
    _say("tcp.unreachable", "Network unreachable"),
    _say("tcp.unreachable", "No route to host"),
    _say("tcp.unreachable", "ENETUNREACH"),
    _say("tcp.unreachable", "EHOSTUNREACH"),
    _say("tcp.unreachable", "errno=101", "connect:errno=101"),
    _say("tcp.unreachable", "errno=113", "connect:errno=113"),
    _say("tcp.unreachable", "A socket operation was attempted to an unreachable"),
    _say("smtp.closed-early", "Connection reset by peer", "", "tls.handshake-dropped", vague=True),
    _say("smtp.closed-early", "ECONNRESET", "", "tls.handshake-dropped", vague=True),
    _say("smtp.closed-early", "Broken pipe", "", "tls.handshake-dropped", vague=True),
    _say("smtp.closed-early", "EPIPE", "", "tls.handshake-dropped", vague=True),
    _say(
        "smtp.closed-early",
        "An existing connection was forcibly closed by the remote host",
        "",
        "tls.handshake-dropped",
        vague=True,
    ),
    # The clock, by those that keep it
    _say("clock.skew", "Clock skew too great"),
    _say("clock.skew", "RequestTimeTooSkewed"),
    _say(
        "clock.skew",
        "Signature expired:{}is now earlier than",
        "Signature expired: "
        "20261125T040000Z is now earlier than 20261125T044500Z (20261125T050000Z - 15 min.)",
    ),
    _say(
        "clock.skew",
        "Signature not yet current:{}is still later than",
        "Signature not yet current: 20261125T060000Z is still later than 20261125T051500Z",
    ),
    _say(
        "clock.skew",
        "System clock wrong by {seconds} seconds",
        "chronyd[711]: System clock wrong by 4512.204811 seconds",
    ),
    _say(
        "clock.skew",
        "System clock was stepped by {seconds} seconds",
        "chronyd[711]: System clock was stepped by -3600.104117 seconds",
    ),
)
