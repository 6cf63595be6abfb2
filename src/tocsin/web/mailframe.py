"""A mail's HTML as a document of its own, that can do nothing."""

from __future__ import annotations

from django.http import HttpResponse

# A mail brings its own styles; it may neither run, load, send nor open anything, and the
# sandbox takes from it even the origin of these pages.
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "frame-ancestors 'self'; base-uri 'none'; form-action 'none'; sandbox"
)


def html_answer(html: str) -> HttpResponse:
    """The answer that the frame shows."""
    answer = HttpResponse(html.encode("utf-8", "replace"), content_type="text/html; charset=utf-8")
    answer["Content-Security-Policy"] = POLICY
    return answer
