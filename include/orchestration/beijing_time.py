"""Airflow's pages show Beijing time to whoever has not chosen another, whatever zone the browser's machine is set to."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from include.site import TIMEZONE

CHOICE = (
    f"<script>try{{localStorage.getItem('timezone')||localStorage.setItem('timezone','\"{TIMEZONE.key}\"')}}catch(e){{}}</script>"
).encode()
"""The pages keep the zone that somebody chose, as JSON, under this name; they read it when they begin."""
PAGE_START = b'<script type="module"'


class BeijingTime:
    """ASGI middleware: puts the choice before the script of Airflow's one page; everything else passes as it is."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(("/api/", "/static/", "/execution/", "/fangpin/")):
            await self.app(scope, receive, send)
            return
        start: Message | None = None

        async def changed(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start" and _is_page(message):
                start = message  # its length is known with the body
                return
            if start is not None:
                body = message.get("body", b"").replace(PAGE_START, CHOICE + PAGE_START, 1)
                headers = [(name, value) for name, value in start["headers"] if name.lower() != b"content-length"]
                if not message.get("more_body"):
                    headers.append((b"content-length", str(len(body)).encode()))
                await send({**start, "headers": headers})
                start, message = None, {**message, "body": body}
            await send(message)

        await self.app(scope, receive, changed)


def _is_page(message: Message) -> bool:
    headers = dict(message.get("headers", ()))
    return headers.get(b"content-type", b"").startswith(b"text/html") and b"content-encoding" not in headers
