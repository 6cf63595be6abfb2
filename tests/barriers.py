"""What keeps people out of a page, as axe-core finds it."""

from __future__ import annotations

from typing import Any, Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

SERIOUS = {"serious", "critical"}
_COLOURS = {"runOnly": ["color-contrast", "link-in-text-block"], "resultTypes": ["violations"]}
"""Those of axe-core's usual rules that look at colours."""


def findings(page: Page) -> list[str]:
    """What is serious, each with the element and the theme; everything that folds is opened.

    A theme changes colours and nothing else: of the second, what rests on colours is looked at.
    """
    page.locator("details").evaluate_all("all => all.forEach((one) => { one.open = true })")
    _wear(page, "light")
    found = _serious("light", Axe().run(page).response)
    _wear(page, "dark")
    answer = page.evaluate("options => axe.run(options)", _COLOURS)
    ran = {one["id"] for kind in ("passes", "violations", "incomplete") for one in answer[kind]}
    assert "color-contrast" in ran
    return found + _serious("dark", answer)


def _wear(page: Page, theme: Literal["light", "dark"]) -> None:
    page.emulate_media(color_scheme=theme)


def _serious(theme: str, answer: dict[str, Any]) -> list[str]:
    return [
        f"{theme}: {one['id']}: {node['html']} {node['failureSummary']}"
        for one in answer["violations"]
        if one["impact"] in SERIOUS
        for node in one["nodes"]
    ]
