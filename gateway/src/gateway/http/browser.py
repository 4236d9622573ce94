"""What we know of a browser: its cookies, and that a form it sends is one we gave it."""

import hmac

from fastapi import Request, Response

from gateway.core.secret import SecretKind, digest, new_secret
from gateway.oauth.form import Form, read_form
from service_kit.errors import Forbidden

BROWSER_LIFETIME_S = 24 * 3600


class Browsers:
    """`key` signs the forms' tokens; `origins` are the addresses that our own pages have."""

    def __init__(self, *, key: bytes, origins: tuple[str, ...], trusted_hops: int) -> None:
        self._key = key
        self._origins = frozenset(origins)
        self._trusted_hops = trusted_hops

    def of(self, request: Request) -> "Browser":
        """The browser that sent this request; a new one, where it has no cookie of ours."""
        return Browser(request, self._key)

    def address(self, request: Request) -> str:
        """Where the request came from, as the nearest proxies of our own say."""
        hops = request.headers.get("x-forwarded-for", "").split(",")
        if 0 < self._trusted_hops <= len(hops) and hops[-self._trusted_hops].strip():
            return hops[-self._trusted_hops].strip()
        return request.client.host if request.client else ""

    async def form(self, request: Request) -> Form:
        """The form that one of our own pages sent from this browser. Raises Forbidden, or InvalidRequestError."""
        if request.headers.get("origin", self._any()) not in self._origins:
            raise Forbidden("this form was sent from another site", code="cross-site-form")
        form = read_form(request.headers.get("content-type", ""), "", await request.body())
        if not self.of(request).gave(form.fields.get("form_token", "")):
            raise Forbidden("this form has expired; go back, reload the page and try again", code="form-expired")
        return form

    def _any(self) -> str:
        return next(iter(self._origins))


class Browser:
    """One browser. Its secret is made before anybody signs in: forms and requests are bound to it."""

    def __init__(self, request: Request, key: bytes) -> None:
        secure = request.headers.get("x-forwarded-proto", request.url.scheme) == "https"
        # The prefix keeps a neighbouring domain from setting it; browsers take it over TLS only.
        self._prefix = "__Host-" if secure else ""
        self._secure = secure
        self._key = key
        self._destination = request.headers.get("sec-fetch-dest", "")  # Fetch Metadata Request Headers §2.1
        self.session: str | None = request.cookies.get(f"{self._prefix}laurel-session")
        known = request.cookies.get(f"{self._prefix}laurel-browser", "")
        self._secret = known if known.startswith(SecretKind.BROWSER) and len(known) < 128 else ""
        self._is_new = not self._secret
        self._secret = self._secret or new_secret(SecretKind.BROWSER)

    @property
    def digest(self) -> bytes:
        """What a request that waits is bound to."""
        return digest(self._secret)

    @property
    def form_token(self) -> str:
        """What every form of ours carries."""
        return hmac.new(self._key, self._secret.encode(), "sha256").hexdigest()

    @property
    def is_top_level(self) -> bool:
        """Whether it says that a window shows the answer, and no frame. Programs and old browsers say nothing."""
        return self._destination == "document"

    def gave(self, token: str) -> bool:
        """Whether a form's token is this browser's."""
        return not self._is_new and hmac.compare_digest(token.encode(), self.form_token.encode())

    def remember(self, response: Response) -> Response:
        """Set the browser's own cookie, where it has none."""
        if self._is_new:
            self._set(response, "laurel-browser", self._secret, BROWSER_LIFETIME_S)
        return response

    def sign_in(self, response: Response, token: str, lifetime_s: int) -> Response:
        """Set the session's cookie."""
        self._set(response, "laurel-session", token, lifetime_s)
        return response

    def sign_out(self, response: Response) -> Response:
        """Take the session's cookie away."""
        self._set(response, "laurel-session", "", 0)
        return response

    def _set(self, response: Response, name: str, value: str, max_age: int) -> None:
        response.set_cookie(
            self._prefix + name, value, max_age=max_age, path="/", secure=self._secure, httponly=True, samesite="lax"
        )
