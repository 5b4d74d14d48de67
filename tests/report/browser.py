"""Chromium without a window, spoken to through a pipe by its DevTools protocol: what a page loads and logs."""

import base64
import fcntl
import json
import os
import select
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
IS_REQUIRED = os.environ.get("SGMBENCH_BROWSER") == "required"  # then tests without it fail, and are not skipped
PATIENCE = 60.0  # s: for a browser that starts on a busy machine
FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run")


class Browser:
    """One tab; `with Browser() as browser`."""

    def __enter__(self) -> "Browser":
        if CHROMIUM is None:
            raise FileNotFoundError("no Chromium on this machine: apt-get install chromium, or unset SGMBENCH_BROWSER")
        self._profile = tempfile.mkdtemp(prefix="chromium")
        hears, self._writes = os.pipe()
        self._reads, says = os.pipe()
        ends = [fcntl.fcntl(fd, fcntl.F_DUPFD, 10) for fd in (hears, says)]
        command = [CHROMIUM, *FLAGS, "--remote-debugging-pipe", f"--user-data-dir={self._profile}", "about:blank"]
        quiet = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_RDWR, 0) for fd in range(3)]
        wires = [(os.POSIX_SPAWN_DUP2, fd, wanted) for fd, wanted in zip(ends, (3, 4), strict=True)]
        self._pid = os.posix_spawn(CHROMIUM, command, os.environ, file_actions=[*quiet, *wires])
        for fd in (hears, says, *ends):
            os.close(fd)
        self._buffer, self._id, self._session, self.events = b"", 0, None, []
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self._call(f"{domain}.enable")
        return self

    def __exit__(self, *_: object) -> None:
        self._session = None
        self._call("Browser.close")
        os.waitpid(self._pid, 0)
        os.close(self._writes)
        os.close(self._reads)
        shutil.rmtree(self._profile, ignore_errors=True)

    def open(self, path: Path, *, width: int, scheme: str = "light", height: int = 900) -> None:
        """A file, at a width in pixels and in light or dark."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self._call("Emulation.setDeviceMetricsOverride", **size)
        self._call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.events.clear()
        self._call("Page.navigate", url=path.resolve().as_uri())
        self._until(lambda: any(event["method"] == "Page.loadEventFired" for event in self.events))
        self.evaluate("document.fonts.ready.then(() => true)")

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression on the page."""
        told = self._call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in told:
            raise RuntimeError(told["exceptionDetails"])
        return told["result"].get("value")

    def screenshot(self, path: Path) -> None:
        """The whole page as PNG."""
        size = self._call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        told = self._call("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)
        path.write_bytes(base64.b64decode(told["data"]))

    def print_to_pdf(self) -> bytes:
        """The page as it is printed."""
        return base64.b64decode(self._call("Page.printToPDF")["data"])

    def requests(self) -> list[str]:
        """What the page loaded beside itself."""
        urls = [e["params"]["request"]["url"] for e in self.events if e["method"] == "Network.requestWillBeSent"]
        return [url for url in urls[1:] if not url.startswith("data:")]

    def complaints(self) -> list[str]:
        """All that was logged, and every exception."""
        told = ("Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown")
        return [json.dumps(event["params"]) for event in self.events if event["method"] in told]

    def _call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._id += 1
        message = {"id": self._id, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._writes, json.dumps(message).encode() + b"\0")
        answers: list[dict[str, Any]] = []
        self._until(lambda: bool(answers), answers)
        if "error" in answers[0]:
            raise RuntimeError(f"{method}: {answers[0]['error']}")
        return answers[0]["result"]

    def _until(self, done: Any, answers: list[dict[str, Any]] | None = None) -> None:
        """Reads messages until something is done; events are kept."""
        end = time.monotonic() + PATIENCE
        while not done():
            ready, _, _ = select.select([self._reads], [], [], max(end - time.monotonic(), 0))
            if not ready:
                raise TimeoutError(f"chromium said nothing for {PATIENCE:g} s")
            self._buffer += os.read(self._reads, 1 << 20)
            *messages, self._buffer = self._buffer.split(b"\0")
            for message in map(json.loads, messages):
                if message.get("id") == self._id and answers is not None:
                    answers.append(message)
                elif "method" in message:
                    self.events.append(message)
