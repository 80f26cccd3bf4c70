"""Whether the keyboard's focus can be seen on every control that the Tab key reaches (WCAG 2.2,
2.4.7): something of the control, or of what holds it, looks other while it has the focus.

    python -m tools.screenshots.focus
"""

from __future__ import annotations

import sys

from playwright.sync_api import Page

from tests.browser.app_server import visited
from tools.screenshots.contrast import PAGES, THEMES, settled

MOST = 60
"""Controls of a page that are looked at."""

_FOCUSED = """() => {
  let at = document.activeElement;
  while (at && at.shadowRoot && at.shadowRoot.activeElement) at = at.shadowRoot.activeElement;
  return at;
}"""

_LOOKS = """element => {
  const looks = [];
  for (let at = element, up = 0; at && up < 6; at = at.parentElement, up++) {
    const seen = getComputedStyle(at);
    looks.push([seen.outlineStyle === 'none' ? '' : seen.outlineWidth + seen.outlineColor,
      seen.boxShadow, seen.borderColor, seen.backgroundColor, seen.color].join());
  }
  for (const inside of element.querySelectorAll('*')) {
    const seen = getComputedStyle(inside);
    looks.push([seen.boxShadow, seen.borderColor, seen.backgroundColor].join());
  }
  return looks;
}"""

_NAME = """element => [element.tagName.toLowerCase(),
  element.closest('[data-testid]')?.dataset.testid || '', element.getAttribute('role') || '',
  (element.getAttribute('aria-label') || element.textContent || '').trim().slice(0, 40)
].join(' ')"""

# What scrolls, and tables, which draw the focus within their own picture.
_NO_CONTROL = ("main", "canvas")


def unseen(page: Page) -> list[str]:
    """The controls of a page that look the same with the focus as without."""
    found, names = [], []
    page.evaluate("document.body.focus()")
    for _ in range(MOST):
        page.keyboard.press("Tab")
        focused = page.evaluate_handle(_FOCUSED).as_element()
        if focused is None or focused.evaluate("element => element === document.body"):
            break
        page.wait_for_timeout(150)  # colours fade in
        with_focus, name = focused.evaluate(_LOOKS), focused.evaluate(_NAME)
        focused.evaluate("element => element.blur()")
        page.wait_for_timeout(150)
        if name.split()[0] not in _NO_CONTROL and focused.evaluate(_LOOKS) == with_focus:
            found.append(name)
        names.append(name)
        focused.evaluate("element => element.focus({focusVisible: true})")
    if not names:
        raise AssertionError("the Tab key reaches nothing")
    return found


def main() -> None:
    """Every page in both themes; fails where a focus cannot be seen."""
    missing = 0
    with visited() as (server, page):
        for theme in THEMES:
            page.emulate_media(color_scheme=theme)
            for address in PAGES:
                page.goto(f"{server.url}/{address}")
                settled(page)
                for name in unseen(page):
                    missing += 1
                    sys.stdout.write(f"{theme:<6} {address or 'inspect':<10} {name}\n")
    sys.stdout.write(f"{missing} controls without a visible focus\n")
    sys.exit(bool(missing))


if __name__ == "__main__":
    main()
