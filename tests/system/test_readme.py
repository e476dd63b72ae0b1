"""A new user's path, line by line as both READMEs print it, at a terminal that asks for passwords."""

import json
import os
import re
import shlex
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[2]
KAICHE = Path(sys.executable).with_name("kaiche")
SECTIONS = {"README.md": "## People", "README.zh-CN.md": "## 用户与角色"}
PASSWORD = "a horse, a battery"
# Hidden typing is read after the blank that ends its prompt; what was typed before is thrown away.
ANSWERS = {"Password of zhang: ": PASSWORD, "Password of li: ": PASSWORD, "Once more: ": PASSWORD}
NIGHT = "2026-03-04"

CONFIG = """\
database: sqlite:///var/kaiche.db
server: {{port: {port}, public_url: "http://127.0.0.1:{port}"}}
oidc: {{issuer: "http://127.0.0.1:1", client_id: kaiche}}
accounts:
  - id: demo
    connector:
      kind: taobao
      generation: universalbp
      nick: 店
      sandbox: {{seed: 3, keywords: 300, history_days: 21, state: var/shop.db}}
    history_days: 30
    budgets: {{daily: 400}}
    allowance: {{amount: 40, window_days: 30, window_cap: 600, end_date: 2027-12-31}}
    guardrails: {{max_changed_share: 1, max_spend_rise: 5, max_step_down: 0.9}}
    economics: [{{margin_rate: 0.3}}]
"""


def lines_of(readme):
    """The commands of the section about people, without their comments."""
    text = (ROOT / readme).read_text(encoding="utf-8")
    section = text.partition(SECTIONS[readme] + "\n")[2].partition("\n## ")[0]
    printed = [line for line in section.splitlines() if line.startswith("    ")]
    return [shlex.split(line, comments=True) for line in printed]


class Terminal:
    """Somebody at a terminal in ``folder`` who types what is printed and answers what is asked."""

    def __init__(self, folder, port):
        self.folder, self.port, self.token = folder, port, ""
        (folder / "kaiche.yaml").write_text(CONFIG.format(port=port), encoding="utf-8")
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("KAICHE_", "LC_", "COV_")) and name not in {"LANG", "COLUMNS"}
        }
        self.env = kept | {
            "KAICHE_CONFIG": "kaiche.yaml",
            "KAICHE_LANG": "en",
            "PYTHONWARNINGS": "error",
            "NO_PROXY": "127.0.0.1",
        }
        self.server = None

    def type(self, words):
        match words:
            case ["make", target]:
                recipe = re.search(
                    rf"^{target}: .*\n\t@\$\(BIN\)/kaiche (\w+)\n", makefile(), re.MULTILINE
                )
                assert recipe, target
                self.kaiche(recipe[1], "--nights", "0", "--date", NIGHT)
            case ["export", setting]:
                name, _, value = setting.partition("=")
                if name != "PATH":
                    self.env[name] = value
            case ["kaiche", "serve", "&"]:
                self.serve()
            case ["kaiche", *arguments]:
                said = self.kaiche(*arguments).strip()
                if said.startswith("kaiche_"):
                    self.token = said
            case ["curl", "-s", "-H", header, url]:
                self.get(header, url)
            case _:
                raise AssertionError(f"the test cannot type {words}")

    def kaiche(self, *arguments):
        """Run a command on a terminal of its own; returns what it printed."""
        typing, terminal = os.openpty()
        out = self.folder / "printed"
        with (
            out.open("wb") as printing,
            subprocess.Popen(
                [KAICHE, *arguments],
                cwd=self.folder,
                env=self.env,
                stdin=terminal,
                stdout=printing,
                stderr=subprocess.PIPE,
                start_new_session=True,
            ) as running,
        ):
            os.close(terminal)
            asked = b""
            while piece := os.read(running.stderr.fileno(), 4096):
                asked += piece
                line = asked.decode(errors="replace").rpartition("\n")[2]
                if line.endswith("[y/N]:") or line in ANSWERS:  # a plain answer may come early
                    os.write(typing, f"{ANSWERS.get(line, 'y')}\n".encode())
                    asked += b"\n"
        os.close(typing)
        printed = out.read_text(encoding="utf-8")
        assert running.returncode == 0, (arguments, asked.decode())
        assert PASSWORD not in printed + asked.decode()
        return printed

    def serve(self):
        self.server = subprocess.Popen(
            [KAICHE, "serve", "--no-nights"],
            cwd=self.folder,
            env=self.env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for line in self.server.stderr:
            if "Uvicorn running" in line:
                return
        raise AssertionError("the server ended before it listened")

    def get(self, header, url):
        name, _, value = header.partition(": ")
        assert self.token
        url = url.replace(":8750", f":{self.port}")
        carried = {name: value.replace("kaiche_…", self.token)}
        patient = httpx.HTTPTransport(
            retries=8
        )  # the server has said where, and is about to listen
        with httpx.Client(transport=patient) as curl:
            answer = curl.get(url, headers=carried)
        assert answer.status_code == 200, answer.text
        (held,) = answer.json()["accounts"]
        assert (answer.json()["user"], held["role"]) == ("li", "specialist")


def makefile():
    return (ROOT / "Makefile").read_text(encoding="utf-8")


@pytest.fixture
def terminal(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    made = Terminal(tmp_path, port)
    yield made
    if made.server is not None:
        made.server.terminate()
        made.server.communicate(timeout=60)


def test_both_languages_print_the_same_commands():
    chinese, english = lines_of("README.zh-CN.md"), lines_of("README.md")
    assert chinese == english
    assert len(english) > 10


def test_the_printed_path_leads_where_it_says(terminal):
    for words in lines_of("README.md"):
        terminal.type(words)
    listed = {one["name"]: one for one in json.loads(terminal.kaiche("user", "list", "--json"))}
    assert {name: one["roles"] for name, one in listed.items()} == {
        "zhang": {"*": "owner"},
        "li": {"demo": "specialist"},
        "wang": {"demo": "viewer"},
    }
    assert listed["wang"]["enters_by"] == ["oidc"]
    record = json.loads(terminal.kaiche("audit", "--actor", "li", "--json", "--limit", "1000"))
    approved = [event for event in record if event["action"] == "approve"]
    assert approved
    assert {event["source"] for event in approved} == {"cli"}
