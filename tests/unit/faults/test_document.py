"""The pages of the faults, made from the catalogue."""

from __future__ import annotations

import re

from tocsin.faults.catalogue import FAULTS, explain
from tocsin.faults.document import INDEX, markdown
from tocsin.faults.fault import Finding


def test_every_fault_has_its_page() -> None:
    """One page a code, beside the index, and nothing else."""
    assert set(markdown()) == {INDEX} | {f"{code}.md" for code in FAULTS}


def test_a_page_tells_what_the_catalogue_tells() -> None:
    """Title, code, cause and each step stand on the page."""
    page = markdown()["tls.untrusted-issuer.md"]
    told = explain(Finding("tls.untrusted-issuer"))
    assert page.startswith(f"# {told.title}\n")
    for part in (f"`{told.code}`", told.cause, *told.fix):
        assert part in page
    assert page.endswith("\n")


def test_the_index_leads_to_every_page() -> None:
    """Each code stands in the index once, as a link to a page that exists."""
    pages = markdown()
    links = re.findall(r"\]\(([^)]+)\)", pages[INDEX])
    assert sorted(links) == sorted(set(pages) - {INDEX})
