"""For search engines: what they may read (RFC 9309), and where everything is (sitemaps.org)."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from catalog.core.sitemaps import Known, SitemapReadings
from catalog.http.representation import stored
from service_kit.app import router
from service_kit.offload import offload

TEXT, XML = "text/plain; charset=utf-8", "application/xml"
NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
KEPT = "public, max-age=3600"
Part = Annotated[str, Path(pattern="^[0-9a-f]{2}$")]


def routes(readings: SitemapReadings, base_url: str) -> APIRouter:
    """Documents of the web, not of the API."""
    found = router()

    @found.get("/robots.txt", include_in_schema=False)
    async def robots(request: Request) -> Response:
        """Everything that is public may be read. What is for nobody's eyes says so itself (`noindex`)."""
        said = f"User-agent: *\nDisallow: /login\nDisallow: /oauth/\n\nSitemap: {base_url}/sitemap.xml\n"
        return stored(request, said.encode(), media_type=TEXT, cache_control=KEPT)

    @found.get("/sitemap.xml", include_in_schema=False)
    async def index(request: Request) -> Response:
        """Where the parts are that have pages."""
        known = await readings.parts()
        parts = (f"<sitemap>{_location(f'{base_url}/sitemaps/{part}.xml')}</sitemap>" for part in known)
        return stored(request, _document("sitemapindex", parts), media_type=XML, cache_control=KEPT)

    @found.get("/sitemaps/{part}.xml", include_in_schema=False)
    async def one_part(request: Request, part: Part) -> Response:
        """The pages of one part."""
        known = await readings.part(part)
        body = await offload(_pages, known, base_url)
        return stored(request, body, media_type=XML, cache_control=KEPT)

    return found


def _pages(known: Sequence[Known], base_url: str) -> bytes:
    pages = (
        f"<url>{_location(f'{base_url}/{one.collection}/{one.id}')}<lastmod>{one.changed_at.isoformat()}</lastmod></url>"
        for one in known
    )
    return _document("urlset", pages)


def _location(address: str) -> str:
    return f"<loc>{escape(address)}</loc>"


def _document(name: str, entries: Iterable[str]) -> bytes:
    inside = "\n".join(entries)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{name} xmlns="{NAMESPACE}">\n{inside}\n</{name}>\n'.encode()
