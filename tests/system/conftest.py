"""A small simulated shop of its own, and the real command line in a process of its own."""

import contextlib
import io
import os
import subprocess
import sys
from pathlib import Path
from unittest import mock

import pytest

from service.cli import main

KAICHE = Path(sys.executable).with_name("kaiche")
NIGHT = "2026-03-04"

SHOP = """\
database: sqlite:///var/kaiche.db
accounts:
  - id: shop
    connector: {{kind: sandbox, seed: 3, keywords: 300, history_days: 21, state: var/shop.sqlite3}}
    history_days: 30
    budgets: {{daily: 400}}
    allowance: {{amount: 40, window_days: 30, window_cap: 600, end_date: 2027-12-31}}
    guardrails: {{max_changed_share: {share}, max_spend_rise: 5, max_step_down: 0.9}}
    economics: [{{margin_rate: 0.3}}]
"""


# The same shop, but over HTTP: kaiche serves it itself by the platform's protocol.
OVER_HTTP = SHOP.replace(
    "{{kind: sandbox, seed: 3, keywords: 300, history_days: 21, state: var/shop.sqlite3}}",
    """
      kind: taobao
      generation: universalbp
      nick: 店
      sandbox: {{seed: 3, keywords: 300, history_days: 21, state: var/shop.db}}""",
)


class Shop:
    """A folder with a configuration, and ``kaiche`` started in it."""

    def __init__(self, folder, text):
        self.folder = folder
        (folder / "kaiche.yaml").write_text(text, encoding="utf-8")
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("KAICHE_", "LC_", "COV_")) and name not in {"LANG", "COLUMNS"}
        }
        self.env = inherited | {
            "KAICHE_CONFIG": "kaiche.yaml",
            "KAICHE_LANG": "en",
            "KAICHE_ACTOR": "tester",
            "PYTHONWARNINGS": "error",
        }

    def start(self, *arguments, **options):
        return subprocess.Popen(
            [KAICHE, *map(str, arguments)], cwd=self.folder, env=self.env, text=True, **options
        )

    def run(self, *arguments, stdin=""):
        return subprocess.run(
            [KAICHE, *map(str, arguments)],
            cwd=self.folder,
            env=self.env,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )

    def call(self, *arguments, stdin=""):
        """The same command in this process, which has loaded everything already."""
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
        with (
            contextlib.chdir(self.folder),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            mock.patch.dict(os.environ, self.env, clear=True),
            mock.patch.object(sys, "stdin", io.StringIO(stdin)),
            pytest.raises(SystemExit) as ended,
        ):
            main([*map(str, arguments)])
        texts = []
        for stream in (out, err):
            stream.flush()
            texts.append(stream.buffer.getvalue().decode())
        return subprocess.CompletedProcess(arguments, ended.value.code or 0, *texts)


@pytest.fixture(scope="session")
def kaiche_in():
    """``kaiche_in(folder, text)``: the command line in a folder with that configuration."""
    return Shop


@pytest.fixture
def shop(tmp_path):
    return Shop(tmp_path, SHOP.format(share=1))


@pytest.fixture(scope="module")
def planned(tmp_path_factory):
    """A shop whose first night has been planned by ``kaiche demo``."""
    made = Shop(tmp_path_factory.mktemp("shop"), OVER_HTTP.format(share=1))
    made.demo = made.run("demo", "--nights", "0", "--date", NIGHT)
    return made


@pytest.fixture
def another(tmp_path):
    """The same shop in a folder of its own, nothing planned."""
    return Shop(tmp_path, OVER_HTTP.format(share=1))
