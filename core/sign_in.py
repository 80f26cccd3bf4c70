"""What the sign-in needs of the secrets, looked at before anybody is let in.

An ``[auth]`` section that lacks something would only fail when somebody presses the button,
and a guessable ``cookie_secret`` lets anybody make a cookie that says who they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.errors import SettingsError

NEEDED = ("redirect_uri", "cookie_secret", "client_id", "client_secret", "server_metadata_url")
"""Of ``[auth]``, as Streamlit's ``st.login`` reads it."""
SHORTEST_SECRET = 32
"""Characters of a secret that cannot be tried out."""


def check_sign_in(auth: Mapping[str, Any]) -> None:
    """Raise SettingsError naming what is missing or too weak; a secret is never repeated."""
    missing = [name for name in NEEDED if not str(auth.get(name) or "").strip()]
    if missing:
        raise SettingsError(
            f"The sign-in is configured incompletely: [auth] lacks {', '.join(missing)}. Complete "
            "it in the secrets, or remove [auth] to work under typed names."
        )
    if len(str(auth["cookie_secret"])) < SHORTEST_SECRET:
        raise SettingsError(
            f"cookie_secret in [auth] has fewer than {SHORTEST_SECRET} characters, so somebody "
            "could try them out and sign in as anybody. Make one with "
            'python -c "import secrets; print(secrets.token_hex(32))".'
        )
    for name in ("redirect_uri", "server_metadata_url"):
        address = str(auth[name])
        local = address.startswith(("http://localhost", "http://127.0.0.1"))
        if not address.startswith("https://") and not local:
            raise SettingsError(
                f"{name} in [auth] is not an https address, so the sign-in could be read on its "
                "way. Serve the app and the sign-in by https."
            )
