"""Which face answers which path."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("", include("tocsin.api.urls")),
    path("", include("tocsin.web.urls")),
]

handler403 = "tocsin.web.trouble.forbidden"
handler404 = "tocsin.web.trouble.not_found"
handler500 = "tocsin.web.trouble.failed"
