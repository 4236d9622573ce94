"""A refusal as a page for a person with a browser. It needs no second request: its style is within."""

import base64
import hashlib
from html import escape

MEDIA_TYPE = "text/html; charset=utf-8"
STYLE = (
    ":root{color-scheme:light dark;--ink:#1b2430;--quiet:#5a6675;--ground:#f6f7f9;--card:#fff;--line:#8a94a1;"
    "--link:#0b57a4}"
    "@media (prefers-color-scheme:dark){:root{--ink:#e7ebf0;--quiet:#a3aebb;--ground:#12161c;--card:#1a2028;"
    "--line:#6b7683;--link:#86bdf5}}"
    "*{box-sizing:border-box}"
    "body{margin:0;background:var(--ground);color:var(--ink);font:1rem/1.55 system-ui,sans-serif}"
    "header{padding:1rem 1.25rem;font-size:.9rem}header,main{max-width:34rem;margin:0 auto}"
    "main{padding:1.5rem 1.25rem 2rem;background:var(--card);border:1px solid var(--line);border-radius:.5rem}"
    "h1{margin:0 0 .75rem;font-size:1.5rem;line-height:1.25}p{overflow-wrap:anywhere}.quiet{color:var(--quiet)}"
    "a{color:var(--link)}:focus-visible{outline:3px solid var(--link);outline-offset:2px}"
)
_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
SECURITY = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def problem_page(status: int, title: str, detail: str, explained_at: str = "", request_id: str = "") -> str:
    """The whole page. `explained_at` is the address of the problem's type, `request_id` what the logs have it under."""
    more = f'<p><a href="{escape(explained_at)}">What this means, and what to do</a></p>\n' if explained_at else ""
    named = f"<br>Request {escape(request_id)}" if request_id else ""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{escape(title)} - Laurel</title>
<style>{STYLE}</style>
</head>
<body>
<header><a href="/">Laurel</a></header>
<main>
<h1>{escape(title)}</h1>
<p>{escape(detail[:1].upper() + detail[1:])}.</p>
{more}<p class="quiet">Status {status}{named}</p>
</main>
</body>
</html>
"""
