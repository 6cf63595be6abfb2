"""Nobody sees a page without having signed in, nor with a one-time password still set."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from tocsin.domain.principal import Principal
from tocsin.engine import access
from tocsin.store.models import Person

SIGN_IN = "/sign-in"
NEW_PASSWORD = "/new-password"  # noqa: S105 -- a path

# The API and the health checks ask for their own token.
_OPEN = (SIGN_IN, "/static/", "/api/", "/healthz", "/readyz", "/metrics", "/language", "/theme")


class SignInMiddleware:
    """Sends whoever has not signed in to the form, and back afterwards."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on, or send the browser elsewhere."""
        if request.path.startswith(_OPEN):
            return self._get_response(request)
        person = request.user
        if not isinstance(person, Person) or not person.is_active:
            return _to_sign_in(request)
        if person.one_time and request.path not in {NEW_PASSWORD, "/sign-out"}:
            return _go(request, NEW_PASSWORD)
        return self._get_response(request)


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    query = "" if request.path == "/" else "?" + urlencode({"next": request.get_full_path()})
    return _go(request, SIGN_IN + query)


def _go(request: HttpRequest, where: str) -> HttpResponse:
    if request.headers.get("HX-Request") == "true":
        # A redirect would be followed by the script and its page put into a part of this one.
        answer = HttpResponse(status=204)
        answer["HX-Redirect"] = where
        return answer
    return HttpResponseRedirect(where)


def principal_of(request: HttpRequest) -> Principal:
    """On whose behalf a page is asked for; `SignInMiddleware` has let the request pass."""
    assert isinstance(request.user, Person)
    return access.person_principal(request.user, "page")
