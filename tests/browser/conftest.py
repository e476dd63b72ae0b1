"""A real Chromium over a served shop. Without one installed these tests are left out, and said so."""

import contextlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

# What opens fades in, and is pale meanwhile; a bar that runs for ever is no change.
STILL = """() => document.getAnimations().every(one =>
    one.playState !== "running" || one.effect.getComputedTiming().endTime === Infinity)"""
HERE = Path(__file__).parent
PASSWORD = "a horse, a battery"  # of everybody in serving.STAFF
NAMES = ("chromium", "chromium-browser", "google-chrome")
DESKTOP = {"viewport": {"width": 1360, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}


def chromium():
    return os.environ.get("KAICHE_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


def pytest_collection_modifyitems(config, items):
    if chromium() is None:
        here = [item for item in items if HERE in item.path.parents]
        items[:] = [item for item in items if item not in here]
        config.hook.pytest_deselected(items=here)


def pytest_terminal_summary(terminalreporter):
    if chromium() is None:
        terminalreporter.write_line(
            "The browser tests were left out: there is no Chromium. To have them: "
            "apt-get install chromium (or set KAICHE_CHROMIUM to one)."
        )


@pytest.fixture(scope="module")
def browser():
    """Ends with its module: Playwright keeps the thread's event loop, which other tests need."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield found
        found.close()


class Served:
    """A shop served by a process of its own."""

    def __init__(self, folder, *options):
        self.process = subprocess.Popen(
            [sys.executable, HERE / "serving.py", folder, *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        self.address = f"http://127.0.0.1:{self.process.stdout.readline().strip()}"

    def page(self, name, account="shop"):
        return f"{self.address}/console/{account}/{name}"

    def happens(self, what):
        """Something goes on behind the browser's back: see ``serving.Happening``."""
        self.process.stdin.write(f"{what}\n")
        self.process.stdin.flush()

    def end(self):
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()


@pytest.fixture(scope="session")
def serve():
    """Serves a new shop in a folder."""
    return Served


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A shop that a module's tests look at together."""
    shop = Served(tmp_path_factory.mktemp("shop"))
    yield shop
    shop.end()


class Watched:
    """A page whose console errors and foreign requests are kept."""

    def __init__(self, page, served):
        self.page, self.served, self.faults = page, served, []
        page.set_default_timeout(20_000)
        page.on("console", lambda said: said.type == "error" and self.faults.append(said.text))
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("request", self._requested)
        page.on("response", lambda one: one.status >= 400 and self.faults.append(one.url))

    def _requested(self, request):
        inside = (self.served.address, self.served.address.replace("http", "ws"), "data:", "blob:")
        if not request.url.startswith(inside):
            self.faults.append(f"left the server: {request.url}")

    def log_in(self, name, password=PASSWORD):
        """As one of ``serving.STAFF``, or with another password."""
        page = self.page
        page.goto(f"{self.served.address}/sign-in")
        page.fill("input[name=name]", name)
        page.fill("input[name=password]", password)
        page.keyboard.press("Enter")
        page.wait_for_selector("header.k-head")
        return page

    def grave(self):
        """What axe finds serious or worse on the page as it is."""
        self.page.wait_for_function(STILL)
        on_top = ".q-dialog" if self.page.locator(".q-dialog").count() else None
        found = Axe().run(self.page, context=on_top).response["violations"]
        return [
            (one["id"], [node["html"][:200] for node in one["nodes"][:3]])
            for one in found
            if one["impact"] in ("serious", "critical")
        ]

    def open(self, name, account="shop"):
        self.page.goto(self.served.page(name, account))
        self.page.wait_for_load_state("networkidle")
        return self.page


@contextlib.contextmanager
def _visit(browser, served, kind, language):
    context = browser.new_context(**kind)
    try:
        if language == "en":
            context.request.get(f"{served.address}/console/language/en")
        watched = Watched(context.new_page(), served)
        yield watched
        assert watched.faults == []
    finally:
        context.close()


@pytest.fixture
def visit_as(browser):
    """Opens pages of a shop as one visitor: ``visit_as(shop, "phone", "en")`` is a context manager."""

    def start(shop, kind="desktop", language="zh"):
        return _visit(browser, shop, PHONE if kind == "phone" else DESKTOP, language)

    return start


@pytest.fixture
def visit(visit_as, served):
    """``visit_as`` of the module's shop: ``visit("phone", "en")``."""

    def start(kind="desktop", language="zh"):
        return visit_as(served, kind, language)

    return start
