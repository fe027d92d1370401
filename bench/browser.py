"""JupyterLab in Debian's Chromium, and what it asks the server for."""

from __future__ import annotations

import gzip
import shutil
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import CDPSession, Page, sync_playwright

from .extensions import Extension
from .jupyter import DEADLINE, Server
from .measures import Values

#: Seconds that an idle page is watched, and that it gets to become idle.
IDLE = 15
SETTLE = 3


class Browser:
    """A page with JupyterLab."""

    def __init__(self, extension: Extension, server: Server, page: Page) -> None:
        self._extension = extension
        self._server = server
        self._page = page
        page.set_default_timeout(DEADLINE * 1000)
        self._scripts: list[bytes] = []
        page.on("response", self._note_script)
        self._tools: CDPSession = page.context.new_cdp_session(page)
        #: What the extension asked for, and how many bytes came.
        self._requests = 0
        self._bytes = 0
        self._own: set[str] = set()
        for event, note in {
            "requestWillBeSent": lambda told: self._asked(told["requestId"], told["request"]["url"], 1),
            "webSocketCreated": lambda told: self._asked(told["requestId"], told["url"], 0),
            "loadingFinished": lambda told: self._came(told["requestId"], told["encodedDataLength"]),
            "webSocketFrameReceived": lambda told: self._came(told["requestId"], len(told["response"]["payloadData"])),
        }.items():
            self._tools.on(f"Network.{event}", note)
        self._tools.send("Network.enable")
        self._tools.send("Performance.enable")
        page.goto(f"http://127.0.0.1:{server.port}/lab?token={server.token}")
        page.wait_for_selector("#main")
        page.wait_for_selector(".jp-Launcher")

    def _note_script(self, response: Any) -> None:
        if self._extension.scripts in response.url and response.url.partition("?")[0].endswith(".js"):
            self._scripts.append(response.body())

    def _asked(self, request: str, url: str, count: int) -> None:
        if self._extension.requests in url and "/static/" not in url:
            self._own.add(request)
            self._requests += count

    def _came(self, request: str, size: int) -> None:
        if request in self._own:
            self._bytes += size

    def scripts(self) -> Values:
        """The JavaScript that was loaded with the page, in bytes: all, and gzipped."""
        self._page.wait_for_timeout(SETTLE * 1000)
        return {"scripts": sum(map(len, self._scripts)), "scripts_gzipped": sum(len(gzip.compress(text)) for text in self._scripts)}

    def open_panel(self) -> None:
        """Show the panel."""
        self._page.click(f'.lm-TabBar-tab[data-id="{self._extension.panel}"]')
        self._page.wait_for_selector(f"#{self._extension.panel}", state="visible")

    def close_panel(self) -> None:
        """Show another one."""
        self._page.click('.lm-TabBar-tab[data-id="filebrowser"]')
        self._page.wait_for_selector(f"#{self._extension.panel}", state="hidden")

    def panel_shows(self, clusters: int) -> None:
        """Wait until the panel shows so many clusters with a worker."""
        self._page.wait_for_function(
            "([id, pattern, count]) => (document.getElementById(id).textContent.match(new RegExp(pattern, 'g')) ?? []).length === count",
            arg=[self._extension.panel, self._extension.running, clusters],
        )

    def idle(self, name: str) -> Values:
        """What the page costs a minute while nobody does anything: requests and bytes of the extension, CPU of page and server."""
        self._page.wait_for_timeout(SETTLE * 1000)
        begin = time.monotonic()
        before = self._counts()
        self._page.wait_for_timeout(IDLE * 1000)
        after = self._counts()
        minutes = (time.monotonic() - begin) / 60
        names = ("requests", "bytes", "page", "server")
        return {f"idle_{name}_{what}": (late - early) / minutes for what, early, late in zip(names, before, after, strict=True)}

    def _counts(self) -> tuple[float, ...]:
        metrics = {metric["name"]: metric["value"] for metric in self._tools.send("Performance.getMetrics")["metrics"]}
        return self._requests, self._bytes, metrics["TaskDuration"], self._server.read()["cpu"]

    def arrival(self, join: Callable[[], float], times: int) -> float:
        """Seconds from when the scheduler has a worker until the panel says so; `join` starts one, and returns that time."""
        self._page.evaluate(
            """([id, pattern]) => {
                const panel = document.getElementById(id);
                window.seen = [];
                const look = () => {
                    const found = panel.textContent.match(new RegExp(pattern));
                    const count = found ? Number(found[1]) : 0;
                    window.seen[count] ??= Date.now() / 1000;
                };
                look();
                new MutationObserver(look).observe(panel, { childList: true, subtree: true, characterData: true });
            }""",
            [self._extension.panel, self._extension.running],
        )
        delays: list[float] = []
        for number in range(times):
            joined = join()
            self._page.wait_for_function("count => window.seen[count] !== undefined", arg=number + 2)
            delays.append(self._page.evaluate("count => window.seen[count]", number + 2) - joined)
        return statistics.median(delays)

    def drawn(self, path: str, times: int) -> float:
        """Seconds until a dashboard is drawn, from the click on its link."""
        delays = []
        for _ in range(times):
            begin = time.monotonic()
            page = self._page.context.new_page()
            page.goto(f"http://127.0.0.1:{self._server.port}/{path}?token={self._server.token}")
            page.locator("canvas").first.wait_for(state="visible", timeout=DEADLINE * 1000)
            delays.append(time.monotonic() - begin)
            page.close()
        return statistics.median(delays)


@contextmanager
def lab(extension: Extension, server: Server) -> Iterator[Browser]:
    """JupyterLab of a server; RuntimeError without Chromium."""
    chromium = shutil.which("chromium")
    if not chromium:
        raise RuntimeError("Chromium is not installed.")
    with sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking"]
        with playwright.chromium.launch(executable_path=chromium, args=options) as browser:
            yield Browser(extension, server, browser.new_context(viewport={"width": 1280, "height": 800}).new_page())
