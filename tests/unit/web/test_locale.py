"""The pages in Simplified Chinese: complete, up to date, with the same placeholders."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from tocsin.store import models

TOOL = Path(__file__).parents[3] / "tools" / "translations.py"
_PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|%%|(?<!\{)\{(\w+)\}(?!\})")
_HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def tool() -> dict[str, Any]:
    """The tool that keeps the catalogue."""
    return runpy.run_path(str(TOOL))


def forms(value: Any) -> list[str]:
    """A message or its plural forms, as a list."""
    return list(value) if isinstance(value, tuple | list) else [value]


def test_every_text_of_the_pages_is_translated(tool: dict[str, Any]):
    """No text waits for its translation, and none in the catalogue is a guess."""
    catalog = tool["merged"]()
    assert len(catalog) > 100
    assert tool["missing"](catalog) == []
    assert [one.id for one in tool["present"]() if one.id and one.fuzzy] == []


def test_the_catalogue_is_up_to_date(tool: dict[str, Any]):
    """Both files are what the tool makes of the pages as they are."""
    po = tool["written"](tool["merged"]())
    assert tool["PO"].read_bytes() == po
    assert tool["MO"].read_bytes() == tool["compiled"](po)


def test_no_other_catalogue_gets_in_between(tool: dict[str, Any]):
    """What the pages show is our translation, not the framework's of the same words."""
    with translation.override("zh-hans"):
        for one in tool["present"]():
            if one.id and isinstance(one.id, str):
                given = translation.pgettext(one.context, one.id) if one.context else ""
                assert (given or translation.gettext(one.id)) == one.string


def test_translations_keep_the_placeholders(tool: dict[str, Any]):
    """A translation names exactly the values that its text names."""
    for one in tool["present"]():
        if not one.id:
            continue
        named = {name for text in forms(one.id) for name in _PLACEHOLDER.findall(text)}
        for text in forms(one.string):
            assert set(_PLACEHOLDER.findall(text)) == named, one.id


def test_no_sentence_is_glued_from_parts(tool: dict[str, Any]):
    """A text that begins or ends in the middle of a sentence cannot be translated."""
    for _, _, message, _ in tool["texts"]():
        for text in forms(message):
            assert text == text.strip(), text
            assert not text.endswith((" the", " a", " of", ",")), text


@pytest.mark.parametrize("path", ["/", "/deliveries", "/response/rules", "/trust", "/central"])
def test_pages_speak_chinese(path: str, scene: object, admin: Client, markup: Any):
    """With the language switched, the page says so, and its headings are Chinese."""
    admin.post("/language", {"language": "zh-hans", "next": path})
    page = markup(admin.get(path).content.decode())
    assert page.all("html")[0]["lang"] == "zh-hans"
    assert len(_HAN.findall(page.text)) > 20


def test_a_failure_is_told_in_chinese(scene: Any, admin: Client, markup: Any):
    """Title, cause and steps of a fault follow the language; what was seen stays as it was."""
    models.Attempt.objects.create(
        delivery_id=scene.delivery,
        number=1,
        started_at=0,
        finished_at=1,
        ok=False,
        in_doubt=False,
        code="auth.rejected",
        facts='{"host": "relay.example.com", "reply": "535 go away", "stage": "auth"}',
        reply="535 go away",
        transcript="[]",
    )
    admin.post("/language", {"language": "zh-hans"})
    text = markup(admin.get(f"/deliveries/{scene.delivery}").content.decode()).text
    assert "中继不接受用户名或密码" in text
    assert "relay.example.com 没有接受登录" in text
    assert "535 go away。" in text
    assert "The relay rejects" not in text


def test_the_browser_s_language_counts_until_one_is_chosen(client: Client, markup: Any):
    """Whoever never switched sees the language that their browser asks for."""
    asked = client.get("/sign-in", headers={"accept-language": "zh-CN,zh;q=0.9"})
    assert markup(asked.content.decode()).all("html")[0]["lang"] == "zh-hans"
    asked = client.get("/sign-in", headers={"accept-language": "fi"})
    assert markup(asked.content.decode()).all("html")[0]["lang"] == "en"
