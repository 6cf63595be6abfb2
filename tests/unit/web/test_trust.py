"""Trust: adding certificates by file and by text, what is refused, removing, exporting."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

import chains
from tocsin.engine import access, anchors, configuration

ROOT = chains.make("Example Root CA 7", ca=True, ends=4000)
OTHER = chains.make("Example Root CA 8", ca=True, ends=4000)
OLD = chains.make("Old Root CA", ca=True, starts=-90, ends=-1)


def names() -> list[str]:
    """The friendly names of the trust store."""
    return [one.name for one in anchors.anchors(access.LOCAL)]


def uploaded(*contents: bytes) -> dict[str, object]:
    """The form with files."""
    return {"files": [SimpleUploadedFile(f"{at}.pem", one) for at, one in enumerate(contents)]}


def confirm(client: Client, page) -> object:
    """Send the confirmation as it stands on the page."""
    fields: dict[str, list[str]] = {}
    for one in page.all("input"):
        if one.get("name") and (one.get("type") != "checkbox" or "checked" in one):
            fields.setdefault(one["name"], []).append(one.get("value", ""))
    fields.pop("csrfmiddlewaretoken", None)
    return client.post("/trust/confirm", {key: fields[key] for key in fields if key != "next"})


def test_several_files_are_looked_at_before_they_are_trusted(admin: Client, markup):
    """The fingerprints are shown first; only the confirmation adds them."""
    answer = admin.post("/trust/add", uploaded(ROOT.pem, OTHER.der))
    page = markup(answer.content.decode())
    assert names() == []
    shown = page.text.replace(" ", "").replace(":", "").lower()
    assert ROOT.sha256 in shown
    assert OTHER.sha256 in shown
    assert confirm(admin, page)["Location"] == "/trust"
    assert names() == ["Example Root CA 7", "Example Root CA 8"]
    (first, _) = anchors.anchors(access.LOCAL)
    assert first.added_by == "administrator"
    assert first.certificate.sha256 == ROOT.sha256


def test_pasted_text_and_a_name_of_one_s_own(admin: Client, markup):
    """PEM that was pasted is taken, under the friendly name that was typed."""
    answer = admin.post("/trust/add", {"name": "Our relay", "pem": ROOT.pem.decode()})
    confirm(admin, markup(answer.content.decode()))
    assert names() == ["Our relay"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "certificate"),
        (b"<!doctype html><title>x</title>", "certificate"),
        (ROOT.key_pem(), "private key"),
        (ROOT.pem + ROOT.key_pem(), "private key"),
        (b"\x00\xff" * 500, "certificate"),
        (ROOT.der[:200], "certificate"),
    ],
)
def test_what_is_no_certificate_is_refused_in_words(content, words, admin: Client, markup):
    """The words say what the file is, and nothing of it is kept."""
    answer = admin.post("/trust/add", uploaded(content))
    assert answer.status_code in {409, 422}
    assert words in markup(answer.content.decode()).text.lower()
    assert names() == []
    assert configuration.current_number() == 0


def test_a_private_key_is_not_shown_again(admin: Client):
    """What was pasted by mistake does not stand on the page, nor in the store."""
    key = ROOT.key_pem().decode()
    answer = admin.post("/trust/add", {"pem": key})
    assert answer.status_code == 422
    assert key.splitlines()[1] not in answer.content.decode()


def test_an_expired_certificate_cannot_be_trusted(admin: Client, markup):
    """The confirmation says what is wrong with it; adding it all the same is refused."""
    answer = admin.post("/trust/add", uploaded(OLD.pem))
    assert "expired" in markup(answer.content.decode()).text
    answer = admin.post(
        "/trust/confirm", {"name": "Old", "pem": OLD.pem.decode(), "sha256": OLD.sha256}
    )
    assert answer.status_code == 409
    assert names() == []


def test_a_server_s_certificate_is_trusted_only_knowingly(admin: Client, markup):
    """Its box is empty at first; ticked it is added, and the list says that somebody knew."""
    leaf = chains.make("relay.example.com")
    page = markup(admin.post("/trust/add", uploaded(leaf.pem)).content.decode())
    assert "not of an authority" in page.text
    (box,) = [one for one in page.all("input") if one.get("type") == "checkbox"]
    assert box["name"] == "knowingly"
    assert "checked" not in box
    form = {"name": "Pin", "pem": leaf.pem.decode(), "origin": "the file 0.pem"}
    assert admin.post("/trust/confirm", {**form, "sha256": leaf.sha256}).status_code == 409
    assert names() == []
    admin.post("/trust/confirm", {**form, "knowingly": leaf.sha256})
    (pin,) = anchors.anchors(access.LOCAL)
    assert pin.knowingly
    text = markup(admin.get("/trust", {"name": "Pin"}).content.decode()).text
    assert "the file 0.pem" in text
    assert "no authority" in text


def test_an_impostor_is_called_out_everywhere_and_stays_trusted(admin: Client, markup):
    """A published name over another key: a warning on confirmation, list and detail."""
    fake = chains.make("Amazon Root CA 1", organization="Amazon", ca=True)
    page = markup(admin.post("/trust/add", uploaded(fake.pem)).content.decode())
    assert "not what it says it is" in page.text
    confirm(admin, page)
    assert names() == ["Amazon Root CA 1"]
    listed = markup(admin.get("/trust").content.decode()).text
    opened = markup(admin.get("/trust", {"name": "Amazon Root CA 1"}).content.decode()).text
    assert listed.count("not what it says it is") == 1
    assert opened.count("not what it says it is") == 2


def test_one_certificate_in_two_files_is_said_and_added_once(admin: Client, markup):
    """Two files with the same certificate: shown once, with a word about it."""
    page = markup(
        admin.post("/trust/add", uploaded(ROOT.pem, ROOT.der, OTHER.pem)).content.decode()
    )
    assert "given twice" in page.text
    confirm(admin, page)
    assert names() == ["Example Root CA 7", "Example Root CA 8"]


def test_what_is_there_already_is_said_before_it_is_added(scene, admin: Client, markup):
    """The confirmation names the entry, and its box cannot be ticked."""
    (there,) = anchors.anchors(access.LOCAL)
    page = markup(
        admin.post("/trust/add", uploaded(there.certificate.pem.encode())).content.decode()
    )
    assert "in the trust store already, as Example Root CA 1" in page.text
    (box,) = [one for one in page.all("input") if one.get("type") == "checkbox"]
    assert "disabled" in box


def test_a_suggested_name_is_one_that_is_not_taken(scene, admin: Client, markup):
    """Another certificate of the same subject gets a piece of its fingerprint."""
    twin = chains.make("Example Root CA 1", ca=True)
    page = markup(admin.post("/trust/add", uploaded(twin.pem)).content.decode())
    confirm(admin, page)
    assert names() == ["Example Root CA 1", f"Example Root CA 1 ({twin.sha256[:8]})"]


def test_a_store_of_certificates_opens_with_its_password(admin: Client, markup):
    """PKCS#12 without a key: refused while locked, then its certificates are looked at."""
    store = pkcs12.serialize_java_truststore(
        [pkcs12.PKCS12Certificate(one.x509, b"x") for one in (ROOT, OTHER)],
        BestAvailableEncryption(b"open sesame"),
    )
    answer = admin.post("/trust/add", uploaded(store))
    assert answer.status_code == 422
    assert "password is needed" in markup(answer.content.decode()).text
    answer = admin.post("/trust/add", {**uploaded(store), "password": "wrong horse"})
    assert "does not open" in markup(answer.content.decode()).text
    assert "wrong horse" not in answer.content.decode()
    answer = admin.post("/trust/add", {**uploaded(store), "password": "open sesame"})
    confirm(admin, markup(answer.content.decode()))
    assert names() == ["Example Root CA 7", "Example Root CA 8"]


def test_where_a_collected_certificate_came_from_is_kept(admin: Client, markup):
    """From the chain to the confirmation to the trust store."""
    origin = "collected from relay.example.com:587"
    form = {"pem": ROOT.pem.decode(), "origin": origin}
    confirm(admin, markup(admin.post("/trust/consider", form).content.decode()))
    (there,) = anchors.anchors(access.LOCAL)
    assert there.origin == origin


def test_the_same_certificate_twice_is_refused_by_name(scene, admin: Client, markup):
    """It says under which name the certificate is there already."""
    (there,) = anchors.anchors(access.LOCAL)
    form = {"name": "B", "pem": there.certificate.pem, "sha256": there.certificate.sha256}
    answer = admin.post("/trust/confirm", form)
    assert answer.status_code == 409
    assert "Example Root CA 1" in markup(answer.content.decode()).text
    assert names() == ["Example Root CA 1"]


@pytest.mark.parametrize("pem", ["", "nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n"])
@pytest.mark.parametrize("path", ["/trust/confirm", "/trust/consider"])
def test_a_form_that_was_tampered_with_breaks_nothing(path, pem, admin: Client):
    """Whatever comes as certificate, the answer is a page in words."""
    answer = admin.post(path, {"name": "x", "pem": pem, "sha256": "00"})
    assert answer.status_code in {200, 302, 409, 422}
    assert names() == []


def test_removing_says_what_would_break(scene, admin: Client, markup):
    """The last certificate: the page says in one sentence that no mail will go out."""
    page = markup(admin.get("/trust/remove", {"name": "Example Root CA 1"}).content.decode())
    assert "no mail goes out" in page.text
    assert names() == ["Example Root CA 1"]
    admin.post("/trust/remove", {"name": "Example Root CA 1"})
    assert names() == []


def test_the_list_says_who_trusted_what_since_when(scene, admin: Client, markup):
    """Name, issuer, end, fingerprint and who added it stand on the page."""
    text = markup(admin.get("/trust", {"name": "Example Root CA 1"}).content.decode()).text
    (there,) = anchors.anchors(access.LOCAL)
    assert there.certificate.sha256 in text.replace(" ", "").replace(":", "").lower()
    assert "local administrator" in text


def test_export_gives_the_certificate_that_was_added(scene, admin: Client):
    """What is downloaded is PEM, under a harmless file name."""
    answer = admin.get("/trust/export", {"name": "Example Root CA 1"})
    (there,) = anchors.anchors(access.LOCAL)
    assert answer.content.decode() == there.certificate.pem
    assert 'filename="Example-Root-CA-1.pem"' in answer["Content-Disposition"]
    assert admin.get("/trust/export").content == answer.content


@pytest.mark.parametrize(
    "server", ["", "no port", "http://a:25/", "host:0", "host:99999", "a b:25"]
)
def test_a_server_that_cannot_be_one_is_refused_at_the_field(server, admin: Client, markup):
    """Nothing is looked up; what was typed is kept."""
    answer = admin.post("/trust/collect", {"server": server})
    assert answer.status_code == 422
    values = [one.get("value") for one in markup(answer.content.decode()).all("input")]
    assert server.strip() in values
