"""Chromium without a window, spoken to by its own protocol (CDP): only what a walk through our pages needs."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from tools.process import Process

Json = dict[str, Any]
TIMEOUT_S = 15.0
FLAGS = (
    "--headless=new",
    "--no-sandbox",  # tests may run as root, and open nothing but our own pages
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--remote-debugging-port=0",
)
CONTROLS = frozenset({"textbox", "button", "radio", "checkbox", "link"})


def binary() -> str | None:
    """Where Chromium is, if it is installed."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@dataclass
class Page:
    """One tab. `complaints` is what the console said: scripts that failed, what the page's policy blocked."""

    socket: aiohttp.ClientWebSocketResponse
    session: str = ""
    complaints: list[str] = field(default_factory=list)
    requested: list[str] = field(default_factory=list)
    _answers: dict[int, asyncio.Future[Json]] = field(default_factory=dict)
    _loaded: asyncio.Event = field(default_factory=asyncio.Event)
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    async def listen(self) -> None:
        """Until the socket closes."""
        async for message in self.socket:
            said = json.loads(message.data)
            if "id" in said:
                self._answers.pop(said["id"]).set_result(said)
            else:
                self._note(said["method"], said["params"])

    def _note(self, event: str, told: Json) -> None:
        match event:
            case "Page.loadEventFired":
                self._loaded.set()
            case "Network.requestWillBeSent":
                self.requested.append(told["request"]["url"])
            case "Runtime.exceptionThrown":
                self.complaints.append(str(told["exceptionDetails"].get("exception", told["exceptionDetails"])))
            case "Log.entryAdded":
                self.complaints.append(f"{told['entry']['level']}: {told['entry']['text']}")

    async def command(self, method: str, **params: Any) -> Json:
        """What Chromium answers."""
        number = next(self._numbers)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        told = {"id": number, "method": method, "params": params}
        await self.socket.send_json(told | ({"sessionId": self.session} if self.session else {}))
        said = await asyncio.wait_for(answer, TIMEOUT_S)
        assert "error" not in said, f"{method}: {said}"
        result: Json = said["result"]
        return result

    async def open(self) -> None:
        """A tab of its own, with what we listen to."""
        made = await self.command("Target.createTarget", url="about:blank")
        attached = await self.command("Target.attachToTarget", targetId=made["targetId"], flatten=True)
        self.session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network", "Accessibility"):
            await self.command(f"{domain}.enable")
        await self.narrow()

    async def narrow(self) -> None:
        """As on a small telephone, or at 400 % (WCAG 1.4.10)."""
        await self.command(
            "Emulation.setDeviceMetricsOverride", width=320, height=640, deviceScaleFactor=1, mobile=True
        )

    async def with_authenticator(self) -> None:
        """A device that has passkeys, and whose person says yes."""
        await self.command("WebAuthn.enable")
        options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
        await self.command(
            "WebAuthn.addVirtualAuthenticator",
            options=options | {"isUserVerified": True, "automaticPresenceSimulation": True},
        )

    async def go(self, url: str) -> None:
        """Open an address, and wait until it is there."""
        self._loaded.clear()
        await self.command("Page.navigate", url=url)
        await asyncio.wait_for(self._loaded.wait(), TIMEOUT_S)

    async def say(self, expression: str) -> Any:
        """What JavaScript makes of it, in the page."""
        answer = await self.command("Runtime.evaluate", expression=expression, returnByValue=True, userGesture=True)
        return answer["result"].get("value")

    async def fill(self, name: str, text: str) -> None:
        """Type into a field."""
        assert await self.say(f"document.querySelector('input[name=\"{name}\"]:not([type=hidden])').focus() ?? true")
        await self.command("Input.insertText", text=text)

    async def press(self, label: str, *, leads_away: bool = False) -> None:
        """Press the button or follow the link with this text, and wait for the page that comes."""
        self._loaded.clear()
        found = await self.say(
            "(() => { const found = [...document.querySelectorAll('button, a')]"
            f".find(one => one.innerText.trim() === {json.dumps(label)}); found?.click(); return Boolean(found); }})()"
        )
        assert found, f"no {label!r} in {await self.text()}"
        if not leads_away:
            await asyncio.wait_for(self._loaded.wait(), TIMEOUT_S)

    async def asked_for(self, prefix: str) -> str:
        """The address outside that the browser was sent to."""
        async with asyncio.timeout(TIMEOUT_S):
            while True:
                if found := next((url for url in self.requested if url.startswith(prefix)), None):
                    return found
                await asyncio.sleep(0.02)

    async def text(self) -> str:
        return str(await self.say("document.body.innerText"))

    async def unnamed(self) -> list[str]:
        """Controls that a screen reader has no name for."""
        tree = (await self.command("Accessibility.getFullAXTree"))["nodes"]
        found = [node for node in tree if not node["ignored"] and node["role"]["value"] in CONTROLS]
        assert found
        return [node["role"]["value"] for node in found if not node.get("name", {}).get("value")]


@asynccontextmanager
async def open_page(home: Path) -> AsyncIterator[Page]:
    """A fresh profile with one tab, gone afterwards."""
    profile = home / "profile"
    command = [binary() or "chromium", *FLAGS, f"--user-data-dir={profile}", "about:blank"]
    chromium = Process("chromium", command, log=home / "chromium.log", env=dict(os.environ), cwd=home)
    chromium.start()
    listening: asyncio.Task[None] | None = None
    try:
        port_file = profile / "DevToolsActivePort"
        await asyncio.to_thread(chromium.wait_until, lambda: port_file.exists() and bool(port_file.read_text()), 30)
        port, path = port_file.read_text().split()
        async with aiohttp.ClientSession() as session, session.ws_connect(f"ws://127.0.0.1:{port}{path}") as socket:
            page = Page(socket)
            listening = asyncio.create_task(page.listen())
            await page.open()
            yield page
            listening.cancel()
            with suppress(asyncio.CancelledError):
                await listening
    finally:
        chromium.kill9()
