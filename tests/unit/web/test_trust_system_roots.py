"""Trust: the operating system's roots, and an expired certificate knowingly."""

from __future__ import annotations

from django.test import Client

import chains
from tocsin.domain.principal import Role
from tocsin.engine import access, anchors, configuration


def test_they_are_trusted_at_the_press_of_a_button_and_no_more(admin: Client, markup):
    """The page says whether they count; a banner stands there while they do."""
    assert "They are not trusted." in markup(admin.get("/trust").content.decode()).text
    admin.post("/trust", {"system_roots": "on"})
    assert configuration.current().configuration.trust_system_roots
    page = markup(admin.get("/trust").content.decode()).text
    assert "The roots of the operating system are trusted too" in page
    admin.post("/trust", {"system_roots": "off"})
    assert not configuration.current().configuration.trust_system_roots


def test_only_an_administrator_decides(signed_in):
    """Others see it and change nothing."""
    viewer = signed_in(Role.VIEWER)
    assert viewer.get("/trust").status_code == 200
    assert viewer.post("/trust", {"system_roots": "on"}).status_code == 403
    assert not configuration.current().configuration.trust_system_roots


def test_an_expired_certificate_is_trusted_knowingly(admin: Client):
    """With the box for it, and not with the other one."""
    old = chains.make("Old Root CA", ca=True, starts=-90, ends=-1)
    form = {"name": "Old", "pem": old.pem.decode()}
    assert admin.post("/trust/confirm", {**form, "sha256": old.sha256}).status_code == 409
    assert admin.post("/trust/confirm", {**form, "knowingly": old.sha256}).status_code == 302
    (there,) = anchors.anchors(access.LOCAL)
    assert there.knowingly
    assert there.problems
