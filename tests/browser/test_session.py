"""A session of many uploads, as long as a test may be; the long one is in tools/soak."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.app_server import AppServer
from tools.soak.uploads import upload_all

pytestmark = pytest.mark.browser


def test_uploads_of_one_session_are_all_stored_and_given_back(app: AppServer, page: Page) -> None:
    found = upload_all(app, page, uploads=24, settled=8, padding=8_000_000)
    assert (found["stored"], found["tracebacks_in_the_log"]) == (24, 0)
    # Were the uploads kept in memory, these would be 128 MB. The first eight fill the allocator,
    # which gives back late: some more is no leak.
    assert found["most_growth_megabytes"] < 85
