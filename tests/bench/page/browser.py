"""Headless Chromium, and a page that it has opened."""

import os
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """Chromium with a profile of its own."""
    home = tmp_path_factory.mktemp("home")
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                 f"--user-data-dir={home}/profile", "--window-size=1280,900"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = Service("/usr/bin/chromedriver", env={**os.environ, "HOME": str(home)})
    driver = webdriver.Chrome(options=options, service=service)
    yield driver
    driver.quit()


class Page:
    """An opened page."""

    def __init__(self, driver, file: Path, until: str):
        """Waits for the first element that the selector `until` is of."""
        self.driver = driver
        self.media()
        driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        driver.get("about:blank")
        self.errors()  # what the page before this one said, such as Chromium's own first page
        driver.get(file.as_uri())
        WebDriverWait(driver, 20).until(lambda _: self.all(until))

    def media(self, scheme: str = "light") -> None:
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "features": [{"name": "prefers-color-scheme", "value": scheme}]})

    def phone(self) -> None:
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True})

    def all(self, selector: str) -> list:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def js(self, script: str, *args):
        return self.driver.execute_script(script, *args)

    def errors(self) -> list[str]:
        """What the console shows since the last call."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def draw_all(self) -> None:
        """Scrolls over the page, as a reader does, until each chart was drawn."""
        for figure in self.all("figure"):
            self.js("arguments[0].scrollIntoView({block: 'center'})", figure)
            WebDriverWait(self.driver, 10).until(lambda _, one=figure: self.js(
                "return onPage.has(arguments[0])", one))

    def chart(self, name: str, index: int = 0):
        """[[label, [[x, y] ...]] ...] of a chart's data sets."""
        return self.js("""
            const [name, index] = arguments;
            const figure = document.querySelector(
              `figure[data-chart="${name}"][data-index="${index}"]`);
            const chart = Chart.getChart(figure.querySelector("canvas"));
            return chart && chart.data.datasets.map(set => [set.label,
              set.data.map(point => point?.x === undefined ? point : [point.x, point.y])]);
            """, name, index)

    def click(self, element) -> None:
        """In the middle of the window, where nothing lies above it."""
        self.js("arguments[0].scrollIntoView({block: 'center'})", element)
        element.click()

    def column(self, table: str, head: int) -> list[str]:
        return self.js("""
            return [...document.querySelectorAll(arguments[0] + " tbody tr")]
              .map(row => row.cells[arguments[1]]?.textContent ?? "")""", table, head)

    def head(self, table: str, name: str):
        (found,) = [one for one in self.all(f"{table} th") if one.text == name]
        return found
