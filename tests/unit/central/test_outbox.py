"""The outbox in the document: what becomes of deliveries that were not taken at once."""

from __future__ import annotations

import pytest

from documents import applied
from tocsin.central.configuration import EMPTY, Outbox
from tocsin.central.problem import Invalid


def test_what_nobody_said() -> None:
    """Sent again when in doubt, tried for a day, no links in mails."""
    assert EMPTY.outbox == Outbox(in_doubt="again", keep_trying_h=24, page_address="")


def test_it_is_given_whole() -> None:
    """What is not said of it is as nobody said; so is null, for a field and for all."""
    said = {
        "in_doubt": "hold",
        "keep_trying_h": 240,
        "page_address": "https://tocsin.example.com:8443/",
    }
    before = applied({"outbox": said})
    assert before.outbox.page_address == "https://tocsin.example.com:8443"
    assert (before.outbox.in_doubt, before.outbox.keep_trying_h) == ("hold", 240)
    assert applied({"outbox": {"keep_trying_h": 1}}, before).outbox == Outbox(keep_trying_h=1)
    assert applied({"outbox": dict.fromkeys(said)}, before).outbox == EMPTY.outbox
    assert applied({"outbox": None}, before).outbox == EMPTY.outbox
    assert applied({"rules": []}, before).outbox == before.outbox


@pytest.mark.parametrize(
    "address",
    [
        "tocsin.example.com",
        "ftp://tocsin.example.com",
        "javascript:alert(1)",
        "https://tocsin.example.com/?a=b",
        "https://tocsin.example.com/\n",
        'https://tocsin.example.com/"><script>',
        "https://",
    ],
)
def test_an_address_that_no_link_is_made_of(address: str) -> None:
    """What stands in every mail is a plain address of a page and nothing else."""
    with pytest.raises(Invalid) as refused:
        applied({"outbox": {"page_address": address}})
    assert [str(one) for one in refused.value.problems] == [
        "outbox.page_address: is no address such as https://tocsin.example.com:8443"
    ]
