"""Ten people of fifty, in a process of their own: each decides on every line, as it is shown to them.

``crowd.py PORTS LINES FIRST`` prints how often each status was answered, and the ids of what changed.
"""

from __future__ import annotations

import json
import random
import sys
from concurrent.futures import ThreadPoolExecutor

import httpx

PEOPLE = 10
DEMANDS = {
    "approve": {},
    "reject": {"reason": "今天不动"},
    "withdraw": {"reason": "再看看"},
    "edit": {"bid_fen": 0},
}


def decide_on_all(port: int, lines: list[int], person: int) -> list[tuple[str, int, int]]:
    """What one person did: (action, line, status)."""
    rng = random.Random(person)
    order = rng.sample(lines, len(lines))
    done = []
    with httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1", timeout=120) as client:
        for line in order:
            action = rng.choice(list(DEMANDS))
            demand = DEMANDS[action] | ({"bid_fen": 101 + person} if action == "edit" else {})
            shown = client.get(f"/lines/{line}")
            headers = {
                "if-match": shown.headers["etag"],
                "idempotency-key": f"{person}-{line}",
                "x-actor": f"p{person}",
            }
            answer = client.post(f"/lines/{line}/{action}", json=demand, headers=headers)
            done += [("show", line, shown.status_code), (action, line, answer.status_code)]
    return done


def main(ports: list[int], lines: list[int], first: int) -> None:
    people = range(first, first + PEOPLE)
    with ThreadPoolExecutor(PEOPLE) as pool:
        work = [pool.submit(decide_on_all, ports[n % len(ports)], lines, n) for n in people]
        print(json.dumps([each for one in work for each in one.result()]))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), json.loads(sys.argv[2]), int(sys.argv[3]))
