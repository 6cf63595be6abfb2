"""TLS sessions in memory: what is agreed, what is refused, and what is kept of it."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

import chains
from chains import HOST, Made
from tlsserver import shake_hands, write_weak_dh
from tocsin.trust.context import (
    client_context,
    looking_context,
    misbehaving_server_context,
    server_context,
)
from tocsin.trust.policy import DEFAULT_POLICY, PRESETS, CipherPolicy
from tocsin.trust.session import TlsClient, TlsFailure

LADDER = chains.ladder(kind="rsa-2048")
TLS12 = CipherPolicy(DEFAULT_POLICY.ciphers, maximum="1.2")
VERSIONS = {"1.2": TLS12, "1.3": CipherPolicy(DEFAULT_POLICY.ciphers, minimum="1.3")}

Server = Callable[..., ssl.SSLContext]


@pytest.fixture
def serve(tmp_path: Path) -> Server:
    """Makes a server's context for a chain; further arguments weaken it."""

    def made(chain: list[Made], **weakness: object) -> ssl.SSLContext:
        files = chains.write_chain(tmp_path, chain)
        return misbehaving_server_context(*files, **weakness)  # type: ignore[arg-type]

    return made


def client(
    anchors: list[Made], policy: CipherPolicy = DEFAULT_POLICY, host: str = HOST
) -> TlsClient:
    trusted = [one.anchor() for one in anchors]
    return TlsClient(client_context(trusted, policy), host, trusted)


def refuse(server: ssl.SSLContext, tls: TlsClient) -> TlsFailure:
    with pytest.raises(TlsFailure) as failure:
        shake_hands(server, tls)
    assert not tls.established
    return failure.value


@pytest.mark.parametrize("version", VERSIONS)
def test_a_good_handshake_tells_all_about_itself(serve: Server, version: str) -> None:
    """Version, cipher, temporary key, and the whole chain as presented."""
    tls = client([LADDER.root], VERSIONS[version])
    shake_hands(serve(LADDER.presented), tls)
    facts = tls.facts()
    assert facts.version == f"TLSv{version}"
    assert facts.cipher
    assert (facts.temp_key_kind, facts.temp_key_bits) == ("X25519", 253)
    assert facts.chain == tuple(one.der for one in LADDER.presented)
    assert LADDER.root.der in facts.verified
    assert not facts.resumed


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "anchor", ["leaf", "intermediate", "root", "root_crossed", "second", "second_crossed", "oldest"]
)
def test_any_certificate_of_the_ladder_is_an_anchor(
    serve: Server, version: str, anchor: str
) -> None:
    """A single anchor, self-signed or not, carries the handshake (partial chains)."""
    tls = client([getattr(LADDER, anchor)], VERSIONS[version])
    shake_hands(serve(LADDER.presented), tls)
    assert tls.established


def test_the_four_collected_certificates_work_as_anchors(serve: Server) -> None:
    """The files an operator collects, none of them self-signed, are enough."""
    tls = client(LADDER.presented)
    shake_hands(serve(LADDER.presented), tls)
    assert tls.established


@pytest.mark.parametrize("version", VERSIONS)
def test_data_pass_both_ways(serve: Server, version: str) -> None:
    """Data of all sizes arrive whole, however the ciphertext is cut."""
    tls = client([LADDER.root], VERSIONS[version])
    server = shake_hands(serve(LADDER.presented), tls)
    body = bytes(range(256)) * 400
    tls.send(body)
    tls.send(b"")
    server.incoming.write(tls.outgoing())
    got = b""
    while len(got) < len(body):
        got += server.tls.read(65536)
    assert got == body
    server.tls.write(body)
    cipher = server.outgoing.read()
    plain = b"".join(tls.receive(cipher[at : at + 1000]) for at in range(0, len(cipher), 1000))
    assert plain == body


def _leaf(**faults: object) -> list[Made]:
    return [chains.make(issuer=LADDER.root, **faults)]  # type: ignore[arg-type]


BAD_CHAINS = {
    "unknown root": (LADDER.presented, [], "tls.untrusted-issuer"),
    "another root": (LADDER.presented, [chains.make("Other", ca=True)], "tls.untrusted-issuer"),
    "root sent, not ours": (
        [LADDER.leaf, LADDER.intermediate, LADDER.root],
        [],
        "tls.untrusted-issuer",
    ),
    "leaf alone": ([LADDER.leaf], [LADDER.root], "tls.incomplete-chain"),
    "self-signed": ([chains.make()], [LADDER.root], "tls.self-signed"),
    "expired": (_leaf(starts=-90, ends=-1), [LADDER.root], "tls.expired"),
    "not yet valid": (_leaf(starts=1), [LADDER.root], "tls.not-yet-valid"),
    "wrong name": (_leaf(names=("other.example.com",)), [LADDER.root], "tls.name-mismatch"),
    "common name only": (_leaf(names=()), [LADDER.root], "tls.name-mismatch"),
    "weak key": (_leaf(kind="rsa-1024"), [LADDER.root], "tls.weak-key"),
    "client's purpose": (_leaf(purposes=(chains.CLIENT,)), [LADDER.root], "tls.wrong-purpose"),
    "issuer is no authority": (
        [
            chains.make(issuer=(middle := chains.make("m.example.com", issuer=LADDER.root))),
            middle,
        ],
        [LADDER.root],
        "tls.invalid-chain",
    ),
}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("kind", BAD_CHAINS)
def test_each_bad_chain_has_its_code(serve: Server, kind: str, version: str) -> None:
    """OpenSSL's refusals become fault codes, and the chain is kept."""
    chain, anchors, code = BAD_CHAINS[kind]
    server = serve(chain, ciphers="ALL:@SECLEVEL=0")
    failure = refuse(server, client(anchors, VERSIONS[version]))
    assert failure.finding.code == code
    assert failure.finding.facts["host"] == HOST
    assert failure.chain == tuple(one.der for one in chain)


def test_facts_name_what_a_person_needs(serve: Server) -> None:
    """The names, the day and the issuer concerned are in the finding."""
    wrong = refuse(serve(_leaf(names=("a.example.com", "b.example.com"))), client([LADDER.root]))
    assert wrong.finding.facts["names"] == "a.example.com, b.example.com"
    leaf = _leaf(starts=-90, ends=-1)
    expired = refuse(serve(leaf), client([LADDER.root]))
    assert expired.finding.facts["expires"][:10] == str(leaf[0].x509.not_valid_after_utc.date())
    unknown = refuse(serve([LADDER.leaf, LADDER.intermediate]), client([]))
    assert unknown.finding.facts["issuer"] == "O=Example Trust, CN=Example Root CA 1"


def test_the_server_hears_why(serve: Server) -> None:
    """After a refusal the alert is there to be sent."""
    tls = client([])
    refuse(serve(LADDER.presented), tls)
    assert tls.outgoing() != b""


def test_an_old_root_out_of_time_is_named(serve: Server) -> None:
    """The chain is well, but the only anchor has expired: the anchor is the one named."""
    root = chains.make("Old Root", ca=True, starts=-90, ends=-1)
    failure = refuse(serve([chains.make(issuer=root)]), client([root]))
    assert failure.finding.code == "tls.expired"
    assert failure.finding.facts["subject"] == "CN=Old Root"


def test_weak_diffie_hellman_is_measured(serve: Server, tmp_path: Path) -> None:
    """A 1024-bit exchange is refused; bits, suite and chain are known all the same."""
    server = serve(
        LADDER.presented,
        ciphers="DHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0",
        maximum=ssl.TLSVersion.TLSv1_2,
        dh_params=write_weak_dh(tmp_path),
    )
    tls = client([LADDER.root], PRESETS["with-dhe"])
    failure = refuse(server, tls)
    assert failure.finding.code == "tls.dh-too-small"
    assert failure.finding.facts["bits"] == "1024"
    assert failure.finding.facts["cipher"] == "DHE-RSA-AES128-GCM-SHA256"
    assert failure.chain == tuple(one.der for one in LADDER.presented)
    assert (tls.facts().temp_key_kind, tls.facts().version) == ("DH", "TLSv1.2")


def test_the_default_policy_never_meets_weak_diffie_hellman(serve: Server, tmp_path: Path) -> None:
    """The same server, with ECDHE beside it, works: the default offers no DHE."""
    server = serve(
        LADDER.presented,
        ciphers="DHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0",
        maximum=ssl.TLSVersion.TLSv1_2,
        dh_params=write_weak_dh(tmp_path),
    )
    tls = client([LADDER.root])
    shake_hands(server, tls)
    assert tls.facts().cipher == "ECDHE-RSA-AES128-GCM-SHA256"


def test_no_suite_in_common(serve: Server) -> None:
    """The server's alert becomes the code, with what was offered."""
    server = serve(LADDER.presented, ciphers="AES128-SHA", maximum=ssl.TLSVersion.TLSv1_2)
    failure = refuse(server, client([LADDER.root]))
    assert failure.finding.code == "tls.no-shared-cipher"
    assert "ECDHE-RSA-AES128-GCM-SHA256" in failure.finding.facts["offered"]
    assert failure.chain == ()


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1:DeprecationWarning")
def test_versions_that_do_not_meet(serve: Server) -> None:
    """An old server against us, and us at 1.3 against a server of 1.2."""
    old = serve(
        LADDER.presented,
        ciphers="ALL:@SECLEVEL=0",
        minimum=ssl.TLSVersion.TLSv1,
        maximum=ssl.TLSVersion.TLSv1_1,
    )
    assert refuse(old, client([LADDER.root])).finding.code == "tls.version-too-old"
    middle = serve(LADDER.presented, maximum=ssl.TLSVersion.TLSv1_2)
    failure = refuse(middle, client([LADDER.root], PRESETS["tls13"]))
    assert failure.finding.code == "tls.version-too-old"
    assert failure.finding.facts["minimum"] == "TLSv1.3"


def test_a_client_certificate_is_demanded_in_tls12(serve: Server) -> None:
    """The request on the wire tells it from a cipher that does not suit."""
    server = serve(LADDER.presented, client_roots=LADDER.root.pem.decode())
    failure = refuse(server, client([LADDER.root], TLS12))
    assert failure.finding.code == "tls.client-certificate-required"


def test_a_client_certificate_is_demanded_in_tls13(serve: Server) -> None:
    """The handshake ends well and the next read tells."""
    server = serve(LADDER.presented, client_roots=LADDER.root.pem.decode())
    tls = client([LADDER.root], VERSIONS["1.3"])
    with pytest.raises(TlsFailure) as failure:
        shake_hands(server, tls)
    assert failure.value.finding.code == "tls.client-certificate-required"
    assert tls.established


@pytest.mark.parametrize(
    "words", [b"220 relay.example.com ESMTP\r\n", b"HTTP/1.1 400 Bad Request\r\n", b"SSH-2.0-x\r\n"]
)
def test_plain_words_in_place_of_tls(words: bytes) -> None:
    """What came instead is shown."""
    tls = client([LADDER.root])
    tls.start()
    with pytest.raises(TlsFailure) as failure:
        tls.receive(words)
    assert failure.value.finding.code == "tls.wrong-mode"
    assert failure.value.finding.facts["received"] == words.decode().strip()


def test_control_characters_of_the_peer_are_spelled_out() -> None:
    """A peer cannot send terminal sequences into a report."""
    tls = client([LADDER.root])
    tls.start()
    with pytest.raises(TlsFailure) as failure:
        tls.receive(b"220 \x1b]0;owned\x07 \xff\r\n")
    assert "\x1b" not in failure.value.finding.facts["received"]


@pytest.mark.parametrize("before", [b"", b"\x16\x03\x03\x00\x50\x02"])
def test_an_end_in_the_middle_of_the_handshake(before: bytes) -> None:
    """A connection that ends before the handshake does was dropped."""
    tls = client([LADDER.root])
    tls.start()
    tls.receive(before)
    with pytest.raises(TlsFailure) as failure:
        tls.receive_eof()
    assert failure.value.finding.code == "tls.handshake-dropped"


def test_a_few_plain_octets_and_an_end_are_the_wrong_mode() -> None:
    """Even when OpenSSL had too little to look at."""
    tls = client([LADDER.root])
    tls.start()
    tls.receive(b"421")
    with pytest.raises(TlsFailure) as failure:
        tls.receive_eof()
    assert failure.value.finding.code == "tls.wrong-mode"


def test_data_before_a_break_are_not_lost(serve: Server) -> None:
    """What came in good order is returned; the break is told at the next call."""
    tls = client([LADDER.root], TLS12)
    server = shake_hands(serve(LADDER.presented), tls)
    server.tls.write(b"421 closing")
    good = server.outgoing.read()
    assert tls.receive(good + b"\x17\x03\x03\x00\x30" + b"x" * 48) == b"421 closing"
    with pytest.raises(TlsFailure) as failure:
        tls.receive_eof()
    assert failure.value.finding.code == "tls.handshake-dropped"
    assert failure.value.finding.facts["stage"] == "session"
    with pytest.raises(TlsFailure):
        tls.receive(b"")


def test_a_clean_end_is_seen(serve: Server) -> None:
    """close_notify of the peer marks the session closed; ours can be sent."""
    tls = client([LADDER.root])
    server = shake_hands(serve(LADDER.presented), tls)
    with pytest.raises(ssl.SSLWantReadError):
        server.tls.unwrap()
    assert tls.receive(server.outgoing.read()) == b""
    assert tls.closed
    tls.receive_eof()
    tls.close()
    assert tls.outgoing() != b""


def test_nothing_is_sent_before_the_handshake() -> None:
    """No data can slip out unprotected by mistake."""
    tls = client([LADDER.root])
    tls.start()
    with pytest.raises(RuntimeError):
        tls.send(b"secret")


def test_the_dot_at_the_end_of_a_name_does_not_matter(serve: Server) -> None:
    """A fully qualified name with its dot verifies."""
    tls = client([LADDER.root], host=HOST + ".")
    shake_hands(serve(LADDER.presented), tls)
    assert tls.established


def test_addresses_verify_by_their_own_entries(serve: Server) -> None:
    """An IP address is matched against the certificate's addresses, IPv6 in brackets too."""
    chain = _leaf(names=("192.0.2.7", "2001:db8::7"))
    for host in ("192.0.2.7", "[2001:db8::7]"):
        tls = client([LADDER.root], host=host)
        shake_hands(serve(chain), tls)
        assert tls.established
    assert refuse(serve(chain), client([LADDER.root], host="192.0.2.8")).finding.code == (
        "tls.name-mismatch"
    )


@pytest.mark.parametrize("host", ["", ".example.com", "a" * 64 + ".example.com"])
def test_impossible_names_are_refused_at_once(host: str) -> None:
    """A name that cannot stand in a handshake is the caller's mistake."""
    with pytest.raises(ValueError):  # noqa: PT011 -- several kinds, all of them ValueError
        client([LADDER.root], host=host)


def test_a_session_can_be_resumed(serve: Server) -> None:
    """A later handshake under the same context resumes, and presents no chain."""
    server = serve(LADDER.presented, maximum=ssl.TLSVersion.TLSv1_2)
    trusted = [LADDER.root.anchor()]
    context = client_context(trusted)
    first = TlsClient(context, HOST, trusted)
    shake_hands(server, first)
    second = TlsClient(context, HOST, trusted, session=first.session)
    shake_hands(server, second)
    assert second.facts().resumed
    assert second.facts().chain == ()


def test_looking_accepts_anything(serve: Server, tmp_path: Path) -> None:
    """The looking context sees an expired, self-signed, 1024-bit server with weak DH."""
    server = serve(
        [chains.make(kind="rsa-1024", starts=-9, ends=-1)],
        ciphers="DHE-RSA-AES128-SHA:@SECLEVEL=0",
        maximum=ssl.TLSVersion.TLSv1_2,
        dh_params=write_weak_dh(tmp_path),
    )
    tls = TlsClient(looking_context(), "whatever.example.net")
    shake_hands(server, tls)
    assert (tls.facts().temp_key_kind, tls.facts().temp_key_bits) == ("DH", 1024)
    assert tls.facts().verified == ()


def test_the_chain_is_read_off_the_wire_where_python_hides_it(
    serve: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the interpreter's private method TLS 1.2 still gives the chain."""
    monkeypatch.setattr("tocsin.trust.session.presented_chain", lambda _: ())
    tls = client([LADDER.root], TLS12)
    shake_hands(serve(LADDER.presented), tls)
    assert tls.facts().chain == tuple(one.der for one in LADDER.presented)


def test_a_plain_server_context_serves(tmp_path: Path) -> None:
    """The context for the manager's own pages shakes hands with the strict client."""
    context = server_context(*chains.write_chain(tmp_path, LADDER.presented))
    tls = client([LADDER.root])
    shake_hands(context, tls)
    assert tls.facts().version == "TLSv1.3"
