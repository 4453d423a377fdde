"""Type the quickstart into JupyterLab as a new user would, and keep pictures of what comes.

    make browser

JupyterLab is started for this machine alone (127.0.0.1, no news, a folder of its own) and driven by
Playwright in the chromium that is installed, or that CHROMIUM names: nothing is downloaded.
Pictures go to benchmarks/results/browser/, one a step, light and dark; `browser.py dark` makes the
dark ones only. What a machine can check it checks (no noise, completion, an interrupt that stops
the queue); for the rest look at the pictures.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Locator, Page, TimeoutError, sync_playwright

PICTURES = Path(__file__).parent / "results" / "browser"
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
TUTORIAL = (
    'ds = xdsc.tutorial.open_dataset("era5_like", n_times=400, n_lat=12, n_lon=12, n_regimes=4)'
)
FIT = 'ds = ds.dsc.fit(k=4, preset="weather-regimes", season="DJF", random_state=0)'
LONG = 'ds.dsc.fit(k=4, preset="weather-regimes", epochs=5000, patience=5000, random_state=0)'
MINUTES = 60_000  # milliseconds


@contextmanager
def jupyterlab(theme: str) -> Iterator[str]:
    """Address of a JupyterLab that looks like that, with one empty notebook."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        settings = {
            "apputils-extension/themes": {"theme": THEMES[theme]},
            "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
            "notebook-extension/tracker": {"windowingMode": "none"},
        }
        for plugin, values in settings.items():
            path = folder / "settings" / "@jupyterlab" / f"{plugin}.jupyterlab-settings"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(values))
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        notebook = {"cells": [], "metadata": {"kernelspec": kernel}, "nbformat": 4}
        (folder / "work").mkdir()
        (folder / "work" / "first.ipynb").write_text(json.dumps(notebook | {"nbformat_minor": 5}))
        options = ["--no-browser", "--ip=127.0.0.1", "--port=0", "--allow-root"]
        options += [
            f"--ServerApp.root_dir={folder / 'work'}",
            "--LabApp.extension_manager=readonly",
        ]
        own = {"JUPYTERLAB_SETTINGS_DIR": folder / "settings"}
        own |= {f"JUPYTER_{kind}_DIR": folder / kind for kind in ("CONFIG", "RUNTIME", "DATA")}
        own |= {"IPYTHONDIR": folder / "ipython"}
        log = folder / "log"
        with log.open("w") as file:
            server = subprocess.Popen(
                [sys.executable, "-m", "jupyterlab", *options],
                env=os.environ | {name: str(path) for name, path in own.items()},
                stderr=file,
            )
        try:
            yield _address(log).replace("/lab?", "/doc/tree/first.ipynb?")
        finally:
            server.terminate()
            server.wait()


def _address(log: Path) -> str:
    for _ in range(600):  # five minutes
        if found := re.search(r"http://127\.0\.0\.1:\d+/lab\?token=\w+", log.read_text()):
            return found[0]
        time.sleep(0.5)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()}")


class Notebook:
    """A notebook in the browser: cells are typed and run, and pictured with what they show."""

    def __init__(self, page: Page, theme: str) -> None:
        self.page = page
        self.theme = theme
        self.pictures = 0

    def type(self, code: str) -> Locator:
        """A new cell at the end with this code, not run."""
        self.page.keyboard.press("Escape")
        self.page.locator(".jp-Cell").last.locator(".jp-InputPrompt").click()
        if self.page.locator(".jp-Cell").last.locator(".cm-content").inner_text().strip():
            self.page.keyboard.press("b")
        self.page.keyboard.press("Enter")
        self.page.keyboard.insert_text(code)
        cells = self.page.locator(".jp-Cell")
        return cells.nth(cells.count() - 1)  # which stays this one when others follow

    def start(self, code: str) -> Locator:
        cell = self.type(code)
        self.page.keyboard.press("Control+Enter")
        return cell

    def run(self, code: str, picture: str = "") -> Locator:
        """A new cell, run to its end; its picture under this name."""
        begin = time.perf_counter()
        cell = self.start(code)
        self.wait(cell)
        if picture:
            self.keep(picture, cell)
        print(f"  {time.perf_counter() - begin:5.1f} s  {code.splitlines()[-1]}", flush=True)
        return cell

    def wait(self, cell: Locator) -> None:
        number = re.compile(r"\[\d+\]:")
        cell.locator(".jp-InputPrompt", has_text=number).wait_for(timeout=10 * MINUTES)

    def keep(self, name: str, what: Locator | None = None) -> None:
        """A picture, of the whole window where nothing is named."""
        self.page.wait_for_timeout(500)
        self.pictures += 1
        path = PICTURES / f"{self.pictures:02}-{name}-{self.theme}.png"
        if what is None:
            self.page.screenshot(path=path)
        else:
            what.screenshot(path=path)


def first_regimes(notebook: Notebook) -> None:
    """The README's lines: import, Dataset, fit with its bar, figures, scores."""
    loaded = notebook.run(f"import xdsc\n\n{TUTORIAL}\nds", "dataset")
    fitting = notebook.start(FIT)
    fitting.locator(".jp-OutputArea-output").first.wait_for(timeout=MINUTES)
    notebook.keep("fit-running", fitting)
    notebook.wait(fitting)
    notebook.keep("fit", fitting)
    for cell in (loaded, fitting):
        noise = [text for text in _errors(cell) if not re.search(r"\d+%\||\bsteps?\b", text)]
        expect(not noise, f"no noise, but there was {noise}")
    notebook.run("ds.cluster", "cluster")
    notebook.run('ds.dsc.plot.composites("t2m")', "composites")
    notebook.run("ds.dsc.plot.timeline()", "timeline")
    notebook.run("ds.dsc.plot.embedding()", "embedding")
    notebook.run("ds.dsc.score()", "score")


def completion(notebook: Notebook) -> None:
    """What Tab offers for arguments, and for names of methods."""
    page = notebook.page
    for code, wanted, picture in (
        ("ds.dsc.fit(met", "method=", "completion-argument"),
        ("ds.dsc.plot.", "composites", "completion-figures"),
        ('xdsc.methods.METHODS["', "kmeans", "completion-methods"),
    ):
        notebook.type(code)
        # One match alone is typed at once. JupyterLab gives up on a kernel that takes a second.
        cell = page.locator(".jp-Cell").last
        offered = page.locator(".jp-Completer").or_(cell).get_by_text(wanted).first
        for _ in range(30):
            page.keyboard.press("Tab")
            page.wait_for_timeout(3_000)
            if offered.is_visible():
                break
        notebook.keep(picture)
        expect(offered.is_visible(), f"{code} is completed by {wanted}")
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
        page.keyboard.press("d")
        page.keyboard.press("d")


def help_pages(notebook: Notebook) -> None:
    notebook.run("ds.dsc.fit?", "help-fit")
    notebook.run("ds.dsc.plot.composites?", "help-composites")


def folding(notebook: Notebook) -> None:
    """What shows itself as HTML, folded and unfolded."""
    notebook.run('found = ds.dsc.compare(k=4, methods=["kmeans", "gmm"], progress=False)')
    for code, name in (
        ("ds.dsc", "accessor"),
        ("ds.dsc.model", "model"),
        ('xdsc.Preprocessor(preset="weather-regimes", season="DJF")', "preprocessor"),
        ("found.dsc", "comparison"),
    ):
        cell = notebook.run(code, f"{name}-folded")
        parts = cell.locator(".jp-OutputArea summary").all()
        expect(bool(parts), f"{code} can be unfolded")
        for part in parts:
            if part.is_visible() and part.locator("xpath=..").get_attribute("open") is None:
                part.click()
        notebook.keep(f"{name}-unfolded", cell)


def interrupt(notebook: Notebook) -> None:
    """A fit that is stopped, with a cell waiting behind it that must not run."""
    cell = notebook.start(LONG)
    queued = notebook.start('print("ran on")')
    notebook.page.wait_for_timeout(10_000)
    notebook.page.keyboard.press("Escape")
    notebook.page.keyboard.press("i")
    notebook.page.keyboard.press("i")
    raised = cell.get_by_text("KeyboardInterrupt").first
    with suppress(TimeoutError):  # the picture tells more
        raised.wait_for(timeout=3 * MINUTES)
    notebook.keep("interrupted")
    expect(raised.is_visible(), "an interrupted cell raises KeyboardInterrupt")
    expect("ran on" not in queued.locator(".jp-OutputArea").all_inner_texts(), "the queue stops")
    notebook.run("ds.dsc.model", "model-after-interrupt")
    notebook.run("ds.dsc.fit(k=4, methd='kmeans')", "error")


def _errors(cell: Locator) -> list[str]:
    stderr = cell.locator('[data-mime-type="application/vnd.jupyter.stderr"]').all_inner_texts()
    return [line for text in stderr for line in text.splitlines() if line.strip()]


def expect(truth: bool, what: str) -> None:
    if not truth:
        raise AssertionError(f"Expected: {what}")


def main() -> None:
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        sys.exit("No chromium.\n  To fix: apt-get install chromium, or CHROMIUM=/path make browser")
    PICTURES.mkdir(parents=True, exist_ok=True)
    for theme in sys.argv[1:] or THEMES:
        for old in PICTURES.glob(f"*-{theme}.png"):
            old.unlink()
        print(theme, flush=True)
        with jupyterlab(theme) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1100, "height": 800})
            page.goto(address)
            page.get_by_text("| Idle").wait_for(timeout=5 * MINUTES)
            notebook = Notebook(page, theme)
            for part in (first_regimes, completion, help_pages, folding, interrupt):
                part(notebook)
            notebook.keep("whole")
            browser.close()
    print(f"pictures: {PICTURES}")


if __name__ == "__main__":
    main()
