"""A headless Chromium, driven over a pipe by its own protocol: pages from disk, every request logged, none let out of the machine."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from tests.support import offline

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",  # root in a container has none
    "--no-first-run",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
    # a second lock on the door, where no namespace without a network can be made
    "--proxy-server=http://127.0.0.1:9",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)
#: keys by name: code and the text they type
_KEYS = {"Enter": (13, "\r"), "Tab": (9, ""), "Escape": (27, ""), "Home": (36, ""), "End": (35, "")}
_KEYS |= {f"Arrow{way}": (37 + i, "") for i, way in enumerate(("Left", "Up", "Right", "Down"))}


def executable() -> str | None:
    """Return the path of a Chromium on this machine; None when there is none."""
    return next((found for name in _NAMES if (found := shutil.which(name))), None)


@dataclass
class Page:
    """One tab.

    ``requests`` are the addresses it asked for, ``refused`` those that the page's own policy did not let go, ``errors`` what its console
    and its scripts complained of.
    """

    reading: BinaryIO
    writing: BinaryIO
    session: str = ""
    requests: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    _asked: dict[str, str] = field(default_factory=dict)
    _events: list[str] = field(default_factory=list)
    _last: int = 0

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Call a method of the protocol and return its result. Raises: AssertionError when Chromium refuses."""
        self._last += 1
        message = {"id": self._last, "method": method, "params": parameters} | ({"sessionId": self.session} if self.session else {})
        self.writing.write(json.dumps(message).encode() + b"\0")
        self.writing.flush()
        while True:
            answer = self._next()
            if answer.get("id") == self._last:
                assert "error" not in answer, (method, answer["error"])
                return dict(answer["result"])

    def open(self, path: Path, fragment: str = "") -> None:
        """Open a file and wait until it has loaded."""
        self._events.clear()
        self.call("Page.navigate", url="about:blank")
        self._wait("Page.loadEventFired")
        self.call("Page.navigate", url=path.as_uri() + fragment)
        self._wait("Page.loadEventFired")

    def run(self, expression: str) -> Any:
        """Return the value of a JavaScript expression. Raises: AssertionError when it throws."""
        found = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def count(self, selector: str) -> int:
        """Return how many elements meet a CSS selector, also where scripts do not run."""
        root = self.call("DOM.getDocument")["root"]["nodeId"]
        return len(self.call("DOM.querySelectorAll", nodeId=root, selector=selector)["nodeIds"])

    def press(self, key: str, *, shift: bool = False, ctrl: bool = False) -> None:
        """Press and release a key."""
        code, text = _KEYS[key]
        keys: dict[str, Any] = {"key": key, "code": key, "windowsVirtualKeyCode": code, "modifiers": 8 * shift + 2 * ctrl}
        self.call("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", **keys, **({"text": text} if text else {}))
        self.call("Input.dispatchKeyEvent", type="keyUp", **keys)

    def size(self, width: int, height: int, scale: float = 1) -> None:
        """Give the window a size in CSS pixels."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=width < 600)

    def screenshot(self, path: Path) -> None:
        """Write what the window shows to ``path``, a PNG."""
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))

    def _wait(self, event: str) -> None:
        while event not in self._events:
            self._next()
        self._events.remove(event)

    def _next(self) -> dict[str, Any]:
        read = bytearray()
        while (byte := self.reading.read(1)) != b"\0":
            assert byte, "Chromium ended"
            read += byte
        message: dict[str, Any] = json.loads(read)
        method, given = message.get("method", ""), message.get("params", {})
        self._events.append(method)
        if method == "Network.requestWillBeSent":
            self._asked[given["requestId"]] = given["request"]["url"]
            self.requests.append(given["request"]["url"])
        elif method == "Network.loadingFailed" and given.get("blockedReason") == "csp":
            self.refused.append(self._asked[given["requestId"]])
        elif method == "Runtime.exceptionThrown":
            self.errors.append(str(given["exceptionDetails"]))
        elif method == "Log.entryAdded" and given["entry"]["level"] in ("error", "warning"):
            self.errors.append(given["entry"]["text"])
        elif method == "Runtime.consoleAPICalled" and given["type"] in ("error", "warning", "assert"):
            self.errors.append(str(given["args"]))
        return message


@contextmanager
def chromium(folder: Path) -> Iterator[Page]:
    """Give a tab of a Chromium whose profile is ``folder``: in a namespace without a network where the machine lets us make one."""
    path = executable()
    assert path is not None
    to_child, writing = os.pipe()
    reading, from_child = os.pipe()
    command = [path, *_ARGUMENTS, f"--user-data-dir={folder}", "about:blank"]
    if offline.is_possible():
        command = offline.offline(command)
    given = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (to_child, from_child)]

    def speak() -> None:
        for end, number in zip(given, (3, 4), strict=True):  # the descriptors of the protocol
            os.dup2(end, number)

    process = subprocess.Popen(command, pass_fds=(3, 4), preexec_fn=speak, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for end in given:
        os.close(end)
    os.close(to_child)
    os.close(from_child)
    with os.fdopen(reading, "rb") as answers, os.fdopen(writing, "wb") as calls:
        try:
            page = Page(answers, calls)
            target = next(t for t in page.call("Target.getTargets")["targetInfos"] if t["type"] == "page")
            page.session = page.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)["sessionId"]
            for domain in ("Page", "Runtime", "Log", "Network", "DOM"):
                page.call(f"{domain}.enable")
            yield page
        finally:
            process.terminate()
            process.wait(10)
