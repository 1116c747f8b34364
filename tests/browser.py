"""A real browser for tests of pages: pages are opened from disk, and whatever they want from elsewhere is written down."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

FLAGS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--no-first-run", "--disable-quic"]
NAMES = ("chromium", "chromium-browser", "google-chrome")


class Opened(NamedTuple):
    """A page as a test looks at it, and what went wrong in it."""

    page: Any
    wrong: list[str]  # errors and warnings of the console, scripts that failed
    asked: list[str]  # addresses it wanted that are not the file itself


class Browser:
    """Debian's Chromium with pages drawn by the processor."""

    def __init__(self, launcher: Any, path: str, *flags: str):
        self._launcher, self._path = launcher, path
        self._chromium = launcher.launch(executable_path=path, args=[*FLAGS, *flags])

    def close(self) -> None:
        """It is not needed any more."""
        self._chromium.close()

    @contextmanager
    def another(self, *flags: str) -> Iterator["Browser"]:
        """One that is started with more flags."""
        other = Browser(self._launcher, self._path, *flags)
        try:
            yield other
        finally:
            other.close()

    @contextmanager
    def open(self, file: Path, *, width: int = 1280, height: int = 720, dark: bool = False, still: bool = False,
             touch: bool = False, flags: dict[str, Any] | None = None) -> Iterator[Opened]:
        """Open a file from disk; `still` is for who wants no motion."""
        context = self._chromium.new_context(
            viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light",
            reduced_motion="reduce" if still else "no-preference", has_touch=touch, **(flags or {}))
        page = context.new_page()
        opened = Opened(page, [], [])
        address = file.resolve().as_uri()
        page.on("pageerror", lambda fault: opened.wrong.append(str(fault)))
        page.on("console", lambda said: said.type in ("error", "warning") and opened.wrong.append(said.text))
        page.on("request", lambda request: request.url.partition("#")[0] == address
                or request.url.startswith(("data:", "blob:")) or opened.asked.append(request.url))
        try:
            page.goto(address)
            yield opened
        finally:
            context.close()


def found() -> str | None:
    """Where a browser is: CHROMIUM_PATH, or one of the usual names."""
    return os.environ.get("CHROMIUM_PATH") or next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def started() -> Iterator[Browser]:
    """A browser, or the reason why a test is skipped."""
    path = found()
    if path is None:
        pytest.skip("no Chromium here: install one, or say where it is in CHROMIUM_PATH")
    api = pytest.importorskip("playwright.sync_api", reason="no playwright here: pip install 'maskeleton[dev]'")
    with api.sync_playwright() as playwright:
        ours = Browser(playwright.chromium, path)
        try:
            yield ours
        finally:
            ours.close()
