"""Contrast of everything that is written on a page, as the Web Content Accessibility Guidelines
measure it (WCAG 2.2, 1.4.3): 4.5:1, and 3:1 for large text and for icons.

    python -m tools.screenshots.contrast

Colours are those that Chromium computed, text laid over all backgrounds behind it. What is
disabled is left out, as the guidelines do. The label that is chosen among several, which also has
a border and a background, is held to the 3:1 of a control's state.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Literal

from playwright.sync_api import Page, expect

from tests.browser.app_server import visited

ENOUGH, ENOUGH_LARGE = 4.5, 3.0
PAGES = ("", "review", "threshold", "trends", "reports", "model", "settings", "who")
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")

_MEASURE = """() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const parse = text => {  // any CSS colour, as the browser itself reads it
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = 'rgba(0,0,0,0)'; canvas.fillStyle = text;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, below) => {
    const a = top[3] + below[3] * (1 - top[3]);
    if (!a) return [0, 0, 0, 0];
    const mix = i => (top[i] * top[3] + below[i] * below[3] * (1 - top[3])) / a;
    return [mix(0), mix(1), mix(2), a];
  };
  const light = colour => {
    const [r, g, b] = colour.slice(0, 3).map(v => v / 255)
      .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = element => {
    let found = [0, 0, 0, 0];
    for (let at = element; at; at = at.parentElement) {
      found = over(found, parse(getComputedStyle(at).backgroundColor));
      if (found[3] > 0.999) break;
    }
    return over(found, [255, 255, 255, 1]);
  };
  const faded = element => {
    let opacity = 1;
    for (let at = element; at; at = at.parentElement)
      opacity *= parseFloat(getComputedStyle(at).opacity);
    return opacity;
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode, element = node.parentElement;
    const said = node.textContent.trim();
    if (!said || !element || element.closest('script, style, noscript')) continue;
    if (element.closest(':disabled, [aria-disabled=true]')) continue;
    if (!element.checkVisibility({opacityProperty: true, visibilityProperty: true})) continue;
    const box = element.getBoundingClientRect();
    if (box.width < 2 || box.height < 2) continue;
    const style = getComputedStyle(element);
    const written = element instanceof SVGElement ? style.fill : style.color;
    const back = behind(element), ink = parse(written);
    ink[3] *= faded(element);
    const front = over(ink, back);
    const [a, b] = [light(front), light(back)].sort((x, y) => y - x);
    const size = parseFloat(style.fontSize), bold = parseInt(style.fontWeight) >= 700;
    const icon = /Material/.test(style.fontFamily);
    found.push({text: said.slice(0, 60), ratio: (a + 0.05) / (b + 0.05),
                large: icon || size >= 24 || (bold && size >= 18.66),
                chosen: Boolean(element.closest('[aria-checked=true]'))});
  }
  return found;
}"""


@dataclass(frozen=True)
class Written:
    """A text as it stands on the page."""

    text: str
    ratio: float
    large: bool
    chosen: bool
    """What is chosen among several: in the dark theme it cannot have more than 4:1, see there."""

    @property
    def enough(self) -> bool:
        return self.ratio >= (ENOUGH_LARGE if self.large or self.chosen else ENOUGH)


def texts(page: Page) -> list[Written]:
    """Every text that is drawn, the weakest first."""
    found = [Written(**item) for item in page.evaluate(_MEASURE)]
    return sorted(found, key=lambda item: item.ratio)


def weak(page: Page) -> list[Written]:
    """Texts that have too little contrast."""
    return [item for item in texts(page) if not item.enough]


def settled(page: Page) -> None:
    """The page is drawn to its end."""
    expect(page.get_by_role("heading").first).to_be_visible()
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    page.wait_for_timeout(500)


def main() -> None:
    """Every page with the sample parts in it, light and dark."""
    failed = 0
    with visited(height=3000) as (server, page):
        page.goto(server.url)
        page.get_by_role("button", name="Try it with").click()
        expect(page.get_by_alt_text("Heatmap of").nth(23)).to_be_visible()
        for theme in THEMES:
            page.emulate_media(color_scheme=theme)
            for address in PAGES:
                page.goto(f"{server.url}/{address}")
                settled(page)
                measured, too_weak = texts(page), weak(page)
                failed += len(too_weak)
                sys.stdout.write(
                    f"{theme:5} /{address:9} {len(measured):4} texts, weakest "
                    f"{measured[0].ratio:.2f}:1, {len(too_weak)} too weak\n"
                )
                for item in too_weak[:12]:
                    sys.stdout.write(f"      {item.ratio:.2f}:1  {item.text}\n")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
