"""Records of keys out of a file."""

from __future__ import annotations

import json

import pytest

from tocsin.mail.received.record import Answer, read_records, record_name


def test_both_forms_of_a_file_are_read():
    """JSON as the rehearsal relay writes it, or a line for each."""
    records = {"tocsin._domainkey.Example.com.": "v=DKIM1; p=AAAA"}
    expected = {"tocsin._domainkey.example.com": Answer(("v=DKIM1; p=AAAA",))}
    assert read_records(json.dumps(records)) == expected
    assert read_records('tocsin._domainkey.example.com  "v=DKIM1; p=AAAA"\n\n') == expected
    several = {"x.example": ["one", "two"]}
    assert read_records(json.dumps(several)) == {"x.example": Answer(("one", "two"))}


@pytest.mark.parametrize("text", ["", "\n", "word\n", "{", '{"x": 5}', '{"x": [5]}'])
def test_other_files_are_refused(text):
    """Nothing is taken for a record that is none."""
    with pytest.raises(ValueError, match=r".+"):
        read_records(text)


@pytest.mark.parametrize(
    ("labels", "name"),
    [
        (("S1", "_domainkey", "Example.com."), "s1._domainkey.example.com"),
        (("a.b", "_domainkey", "example.com"), "a.b._domainkey.example.com"),
        (("", "_domainkey", "example.com"), None),
        (("s", "_domainkey", ""), None),
        (("s" * 64, "_domainkey", "example.com"), None),
        (("s", "_domainkey", "a." * 120 + "example.com"), None),
        (("s\n", "_domainkey", "example.com"), None),
        (("s", "_domainkey", "ex ample.com"), None),
    ],
)
def test_only_names_of_dns_are_asked(labels, name):
    """What a stranger writes into a signature is not sent out as it stands."""
    assert record_name(*labels) == name
