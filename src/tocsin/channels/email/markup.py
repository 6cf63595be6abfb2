"""An HTML body of an operator's own: markup that shows, nothing that fetches or runs.

What stands in a mail is seen by whoever reads it, and an image from elsewhere tells its
owner who read it when; so nothing may come from elsewhere. Values of an alarm may stand in
text and within quoted attributes, where the escaping of the template holds them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import NoReturn

from jinja2 import nodes

from tocsin.channels.template import BadTemplate, parsed

TAGS = frozenset(
    (
        *("html", "head", "body", "title", "meta", "style", "br", "hr", "p", "div", "span"),
        *("h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "dl", "dt", "dd", "a", "address"),
        *("table", "caption", "colgroup", "col", "thead", "tbody", "tfoot", "tr", "th", "td"),
        *("b", "strong", "i", "em", "u", "s", "small", "sub", "sup", "font", "big", "abbr"),
        *("code", "pre", "kbd", "samp", "tt", "blockquote", "article", "section", "header"),
        *("footer", "main", "wbr", "center"),
    )
)
ATTRIBUTES = frozenset(
    (
        *("style", "class", "id", "title", "lang", "dir", "role", "href", "name", "content"),
        *("charset", "http-equiv", "align", "valign", "width", "height", "border", "bgcolor"),
        *("color", "face", "size", "cellpadding", "cellspacing", "colspan", "rowspan", "scope"),
        *("nowrap", "span", "start", "type", "value", "target", "rel", "xmlns", "hidden"),
    )
)

_VALUE, _LINK, _BLOCK = "\ue000", "\ue001", "\ue002"
"""Stand for a variable, for one that holds the address of a web page, for a block's ends."""
# What a link may lead to. A variable that is a page may be empty: then what follows it must
# not be taken for the beginning of an address.
_ADDRESS = re.compile(rf"https?://|mailto:|tel:|#|{_LINK}(?:[/?#]|$)", re.IGNORECASE)
_MARKS = re.compile(f"[{_VALUE}{_LINK}{_BLOCK}]")
_WEB_PAGES = frozenset(("url", "source_url", "target_url"))
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
# Of style sheets, whatever can name something elsewhere; "\" could hide the name, and
# programs disagree about which tag ends them.
_FETCHES = re.compile(r"(?:url|image|image-set|src|expression)\s*\(|@import|[\\<]", re.IGNORECASE)


def check_html(source: str) -> None:
    """Refuse markup that fetches, runs, or lets a value out of its place.

    Raises:
        BadTemplate: says in which line what is refused and what can stand there.
    """
    _Reader().read("".join(_flat(source)))


def _flat(source: str) -> Iterator[str]:
    """The template's own text with marks for what is filled in, every line in its place."""
    if _MARKS.search(source):
        raise BadTemplate("has characters of the private use area U+E000 to U+E002")
    at = 1
    for piece in _pieces(parsed(source, html=True).iter_child_nodes()):
        yield "\n" * (piece.line - at)
        at = max(at, piece.line) + piece.text.count("\n")
        yield piece.text


@dataclass(frozen=True, slots=True)
class _Piece:
    text: str
    line: int


def _pieces(body: Iterable[nodes.Node]) -> Iterator[_Piece]:
    for node in body:
        if isinstance(node, nodes.Output):
            for one in node.nodes:
                yield _Piece(_said(one), one.lineno)
        elif isinstance(node, nodes.If):
            yield _Piece(_BLOCK, node.lineno)
            yield from _pieces(node.body)
            yield _Piece(_BLOCK, node.lineno)
            # Each elif is an if of its own, with a block's ends around it.
            yield from _pieces(node.elif_)
            yield from _pieces(node.else_)
            yield _Piece(_BLOCK, node.lineno)
        elif isinstance(node, nodes.For):
            yield _Piece(_BLOCK, node.lineno)
            yield from _pieces(node.body)
            yield _Piece(_BLOCK, node.lineno)
            yield from _pieces(node.else_)
            yield _Piece(_BLOCK, node.lineno)


def _said(node: nodes.Node) -> str:
    if isinstance(node, nodes.TemplateData):
        return node.data
    page = isinstance(node, nodes.Name) and node.name in _WEB_PAGES
    checked = isinstance(node, nodes.Filter) and node.name == "weblink"
    return _LINK if page or checked else _VALUE


class _Reader(HTMLParser):
    """Goes through the markup; names the first thing that is refused."""

    def __init__(self) -> None:
        # Left as they are, "&lt;" and "<" can be told apart.
        super().__init__(convert_charrefs=False)
        self._style = False

    def read(self, text: str) -> None:
        self.feed(text)
        self.close()

    def _refuse(self, reason: str) -> NoReturn:
        raise BadTemplate(reason, self.getpos()[0])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._check_tag(tag)
        if _MARKS.search(_QUOTED.sub("", self.get_starttag_text() or "")):
            self._refuse(f"what is filled into <{tag}> must stand in quotes, as a whole value")
        for name, value in attrs:
            self._check_attribute(tag, name, value or "")
        self._style = tag == "style"

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "style":
            self._refuse("<style/> is not available: a style sheet stands before a </style>")
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        self._check_tag(tag)
        self._style = False

    def _check_tag(self, tag: str) -> None:
        if _MARKS.search(tag):
            self._refuse("a variable or block cannot be part of a tag's name")
        if tag not in TAGS:
            self._refuse(
                f"<{tag}> is not available: a mail shows nothing from elsewhere and runs "
                f"nothing; accepted: {', '.join(sorted(TAGS))}"
            )

    def _check_attribute(self, tag: str, name: str, value: str) -> None:
        if name not in ATTRIBUTES:
            self._refuse(
                f"{name} of <{tag}> is not available: a mail shows nothing from elsewhere and "
                f"runs nothing; accepted: {', '.join(sorted(ATTRIBUTES))}"
            )
        if name == "style":
            self._check_style(value)
        if name == "href":
            self._check_link(tag, value)
        if name == "http-equiv" and value.strip().lower() != "content-type":
            self._refuse("http-equiv of <meta> is not available, but for Content-Type")

    def _check_style(self, value: str) -> None:
        fetches = _FETCHES.search(value)
        if fetches:
            self._refuse(
                f"{fetches[0]} in a style is not available: a mail shows nothing from elsewhere"
            )
        if _VALUE in value or _LINK in value:
            self._refuse("a variable cannot stand in a style; an if block can")

    def _check_link(self, tag: str, value: str) -> None:
        if tag != "a" or not _ADDRESS.match(value.strip()):
            self._refuse(
                "href is not available but for links: <a href=…> with http://, https://, "
                "mailto:, tel:, #, a variable that is a page (url), or one with |weblink"
            )

    def handle_data(self, data: str) -> None:
        if self._style:
            self._check_style(data)
        elif "<" in data:
            self._refuse("a < that begins no tag is written as &lt;, and a tag ends with >")

    def handle_comment(self, data: str) -> None:
        if _MARKS.search(data):
            self._refuse("a variable or block cannot stand in a comment; {# … #} is left out")
        # Mail programs disagree about where a comment ends, and some read what is in one.
        if {*data} & {*"<>"} or data.lstrip().lower().startswith("[if"):
            self._refuse("a comment that holds < or > or begins with [if is not available")

    def handle_decl(self, decl: str) -> None:
        if not re.fullmatch(r"doctype [^\ue000-\ue002]*", decl, re.IGNORECASE):
            self._refuse("<!…> is not available, but for <!doctype html>")

    def unknown_decl(self, data: str) -> None:
        del data
        self._refuse("<![…]> is not available")

    def handle_pi(self, data: str) -> None:
        del data
        self._refuse("<?…> is not available")
