"""The same facts as pages for people: plain HTML, no script, no inline style, every value escaped."""

from collections.abc import Iterable
from datetime import datetime
from html import escape
from importlib.resources import files

from registry.http.schemas import IssuerAnswer, RecordAnswer
from service_kit.entity_tags import tag_of_bytes

CSS = "text/css; charset=utf-8"
STYLESHEET = (files("registry.http") / "page.css").read_bytes()
STYLESHEET_PATH = f"/records/page.css?v={tag_of_bytes(CSS, STYLESHEET)[1:9]}"
SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
}
STANDING = {
    "issued": "Issued, and in good standing",
    "suspended": "Suspended: not valid for now",
    "revoked": "Revoked: no longer valid",
    "expired": "Expired: its period of validity is over",
}

Html = str
Row = tuple[str, Html]


def record_page(record: RecordAnswer) -> bytes:
    """One credential's public record."""
    achievement, issuer = record.achievement, record.issuer
    standing = "expired" if record.state == "issued" and record.expired else record.state
    title = achievement.name or "A credential"
    rows: list[Row] = [
        ("Achievement", link(achievement.id, title) + escape(f", version {achievement.version}")),
        ("Kind", escape(achievement.achievement_type or "not stated")),
        ("Issued by", link(record.links.issuer, issuer.name or issuer.slug)),
        ("Issued", moment(record.issued_at)),
        ("Valid from", moment(record.valid_from)),
        ("Valid until", moment(record.valid_until) if record.valid_until else "no end date"),
        ("Last change", moment(record.changed_at)),
        ("Credential", code(record.id)),
        ("Digest", code(record.digest)),
        ("Status list", link(record.status_list.url, f"entry {record.status_list.index}")),
    ]
    note = "This is a credential's public record. It says what was issued, by whom and where it stands, never to whom."
    genuine = "That a document you were shown is this credential, it does not say: have the document itself verified."
    return page(title, mark(standing, STANDING[standing]), facts(rows), paragraph(note), paragraph(genuine))


def issuer_page(issuer: IssuerAnswer) -> bytes:
    """One issuer."""
    standing = mark("issued", "Active issuer") if issuer.active else mark("suspended", "Not issuing at present")
    rows: list[Row] = [
        ("Website", link(issuer.url, issuer.url) if issuer.url else "not stated"),
        ("Identifier", code(issuer.id)),
        ("Signing keys", "<br>".join(code(key) for key in issuer.keys) or "none"),
        ("Key document", link(issuer.links.did, "did.json")),
        ("Last change", moment(issuer.changed_at)),
    ]
    return page(issuer.name, standing, facts(rows), *_endorsed(issuer))


def _endorsed(issuer: IssuerAnswer) -> Iterable[Html]:
    """The names are the endorsers' own words; their identifiers are what was verified."""
    if issuer.endorsements:
        yield "<h2>Endorsed by</h2>\n"
    for one in issuer.endorsements:
        yield f"<p>{escape(one.issuer.name)} {code(one.issuer.id)}, {moment(one.valid_from)}</p>\n"
        if one.comment:
            yield paragraph(one.comment)


def missing_page(detail: str) -> bytes:
    """What a person sees for a 404."""
    return page("Not found", paragraph(detail), paragraph("A record appears moments after a credential is issued."))


def page(title: str, *content: Html) -> bytes:
    """A whole document."""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{escape(title)} · Laurel public record</title>
<link rel="stylesheet" href="{STYLESHEET_PATH}">
</head>
<body>
<header><a href="/">Laurel</a> · public record</header>
<main>
<h1>{escape(title)}</h1>
{"".join(content)}
</main>
</body>
</html>
""".encode()


def facts(rows: Iterable[Row]) -> Html:
    """Names and values; the values are HTML already."""
    return "<dl>" + "".join(f"<dt>{escape(name)}</dt><dd>{value}</dd>\n" for name, value in rows) + "</dl>\n"


def mark(kind: str, text: str) -> Html:
    """A standing, in words first and colour second. `kind` is one of ours."""
    return f'<p class="standing {kind}">{escape(text)}</p>\n'


def paragraph(text: str) -> Html:
    """Plain text."""
    return f"<p>{escape(text)}</p>\n"


def code(text: str) -> Html:
    """An identifier."""
    return f"<code>{escape(text)}</code>"


def moment(instant: datetime) -> Html:
    """An instant, to the minute, in UTC."""
    return f'<time datetime="{instant.isoformat()}">{instant.day} {instant:%B %Y, %H:%M} UTC</time>'


def link(address: str, text: str) -> Html:
    """A link, if the address is one of the web; its text alone for anything else (javascript:, data:)."""
    if not address.startswith(("https://", "http://")):
        return escape(text)
    return f'<a href="{escape(address)}" rel="nofollow noopener">{escape(text)}</a>'
