"""The pages of models in a real browser over the real process, with real models: talking, comparing, and nobody shut out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from conftest import MODELS, Server

pytestmark = [pytest.mark.needs_chromium, pytest.mark.needs_model]
Visit = Callable[..., Any]
SMALL, OTHER = "smollm2-135m-instruct", "qwen2.5-coder-0.5b-instruct"
WAIT = 90_000
HOSTILE = """# Un <img src=x onerror=alert(1)> titre
### trop profond
<script>document.title='pris'</script> [clic](javascript:alert(1)) ![pixel](http://evil.example/p.png) \u202egnp.exe
- un **gras** et `du <b>code</b>`
   1. dedans
- deux
> cité *avec* soin

| a | b |
|---|---|
| <i>1</i> | 2 |

```html
<script>alert(2)</script>
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, model_file: Callable[[str], Path]) -> Iterator[Server]:
    """One real server with two real models, for all the tests of this file."""
    model_file(SMALL)
    model_file(OTHER)
    home = tmp_path_factory.mktemp("models") / "home"
    made = Server(environment={"HAMEAU_HOME": str(home), "HAMEAU_MODELS_DIR": str(MODELS), "HAMEAU_CHAT_MODEL": SMALL})
    yield made
    made.stop()


def english(visit: Visit, address: str, **how: Any) -> Any:
    return visit(address, locale="en-GB", **how)


def say(page: Page, text: str) -> None:
    page.fill("#message", text)
    page.keyboard.press("Enter")


def precisely(page: Page) -> None:
    """The likeliest words: a small model that chooses freely may go on for ever."""
    page.get_by_text("How it should answer").click()
    page.get_by_label("Precise").check()


def test_a_model_is_talked_with_and_stopped(visit: Visit, house: Server) -> None:
    seen = english(visit, f"{house.url}/chat?model={SMALL}")
    page: Page = seen.page
    precisely(page)
    say(page, "Say hello to the village in one short sentence.")
    expect(page.locator(".after").first).to_be_visible(timeout=WAIT)
    expect(page.locator("[data-text] p").first).not_to_be_empty()
    expect(page.locator(".turn .facts").first).to_contain_text("First word after")
    expect(page.locator("#spoken")).not_to_be_empty()
    expect(page.locator("#message")).to_be_focused()

    say(page, "Write a very long story of two thousand words about a mill, a river and a baker.")
    expect(page.locator(".turn").nth(1).locator("[data-text] p").first).not_to_be_empty(timeout=WAIT)
    page.keyboard.press("Escape")
    expect(page.locator(".turn").nth(1).locator(".facts")).to_have_text("Stopped, as you asked.")
    expect(page.locator("[data-again]")).to_have_count(1)

    assert seen.hosts() == {house.url.removeprefix("http://")}
    assert not seen.complaints
    page.goto(f"{house.url}/conversations")
    expect(page.locator("main .card")).to_have_count(0)  # nothing of it was kept
    page.goto(f"{house.url}/models")
    expect(page.locator("#now")).to_contain_text("SmolLM2")
    expect(page.locator("#now")).not_to_contain_text("writing")
    page.get_by_role("button", name="Put away SmolLM2").click()
    expect(page.locator(".notice")).to_contain_text("its memory is free again")
    expect(page.locator("#now .in-memory")).to_have_count(0)


def test_two_models_are_compared_with_the_keyboard(
    visit: Visit, house: Server, check_access: Callable[[Page], None]
) -> None:
    page: Page = english(visit, f"{house.url}/compare").page
    page.locator("#left").select_option(SMALL)
    page.locator("#right").select_option(OTHER)
    precisely(page)
    page.get_by_label("hide which is which").focus()
    page.keyboard.press("Space")
    page.locator("#message").focus()
    page.keyboard.type("Name one colour. One word.")
    page.keyboard.press("Enter")
    expect(page.locator(".side h2").first).to_have_text("Answer 1")
    expect(page.locator("[data-prefer]").first).to_be_visible(timeout=WAIT)
    expect(page.locator(".side .facts")).to_have_text([re.compile("First word after"), re.compile("First word after")])
    page.locator("[data-prefer]").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#tally")).to_contain_text("Preferred so far")
    titles = page.locator(".side h2").all_inner_texts()
    assert sorted(title.split()[0] for title in titles) == ["Qwen2.5", "SmolLM2"]
    check_access(page)


def test_what_a_model_writes_stays_text(visit: Visit, house: Server) -> None:
    seen = english(visit, f"{house.url}/chat")
    found = seen.page.evaluate(
        """async text => {
            const talk = (await (await fetch(document.querySelector("script[src*='/chat.']").src)).text());
            const address = talk.match(/talk\\.[0-9a-f]+\\.js/)[0];
            const speech = await (await fetch(`/static/${address}`)).text();
            const { render } = await import(`/static/${speech.match(/markdown\\.[0-9a-f]+\\.js/)[0]}`);
            const place = document.createElement("div");
            document.querySelector("main").append(place);
            render(place, text);
            return { tags: [...place.querySelectorAll("*")].map(one => one.localName), text: place.textContent,
                     inner: place.querySelector("ul ol li")?.textContent, title: document.title };
        }""",
        HOSTILE,
    )
    assert not {"a", "img", "script", "b", "i"} & set(found["tags"])
    assert [tag for tag in found["tags"] if tag.startswith("h")] == ["h3", "h4"]
    assert {"ul", "ol", "table", "blockquote", "pre", "strong", "em", "code"} <= set(found["tags"])
    assert found["inner"] == "dedans"
    assert "<script>document.title='pris'</script> clic (javascript:alert(1)) pixel" in found["text"]
    assert "\u202e" not in found["text"]
    assert found["title"] != "pris"
    assert not seen.complaints


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_use_the_pages_of_models(
    visit: Visit, house: Server, scheme: str, check_access: Callable[[Page], None]
) -> None:
    page: Page = visit(f"{house.url}/models", color_scheme=scheme).page
    for path in ("/models?look=1", "/chat", "/compare"):
        page.goto(house.url + path)
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        check_access(page)
        for width in (320, 390, 768, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)


def test_without_scripts_one_can_talk(visit: Visit, house: Server) -> None:
    page: Page = english(visit, f"{house.url}/chat?model={SMALL}", java_script_enabled=False).page
    precisely(page)
    page.fill("#message", "Say hello in one short sentence.")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".turn .written")).not_to_be_empty(timeout=WAIT)
    expect(page.locator(".turn .asked")).to_have_text("Say hello in one short sentence.")
