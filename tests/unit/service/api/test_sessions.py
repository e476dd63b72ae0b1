"""Logging in and out, one's own password, and what somebody is told about themselves."""

from __future__ import annotations

import re
from typing import Any

import pytest
from crew import PASSWORD, Crew, bearer

from service.api.security import Access
from service.people.roles import Role

SAME = {"origin": "http://127.0.0.1:8750"}
URL = "/api/v1/session"
NEW = "staple and some rain"


def sign_in(client: Any, name: str = "boss", password: str = PASSWORD, **headers: str) -> Any:
    return client.post(URL, json={"name": name, "password": password}, headers=SAME | headers)


def key_of(answer: Any) -> str:
    found = re.search(r"kaiche_session=([^;]+)", answer.headers["set-cookie"])
    assert found
    return found[1]


def with_key(client: Any, key: str, method: str = "GET", url: str = URL, **more: Any) -> Any:
    client.forget_cookies()
    headers = SAME | {"cookie": f"kaiche_session={key}"}
    return client.request(method, url, headers=headers, **more)


@pytest.mark.usefixtures("crew")
def test_a_log_in_gives_a_cookie_that_scripts_and_other_sites_do_not_get(client_of: Any) -> None:
    client = client_of()
    answer = sign_in(client)
    assert answer.status_code == 200
    assert answer.json()["user"] == "boss"
    flags = answer.headers["set-cookie"].lower()
    assert "httponly" in flags
    assert "samesite=lax" in flags
    assert "path=/" in flags
    assert "secure" not in flags  # this one is served without https
    assert "max-age=604800" in flags
    assert with_key(client, key_of(answer)).json()["by"] == "session"


@pytest.mark.usefixtures("crew")
def test_behind_https_the_cookie_is_bound_to_it_and_to_the_host(client_of: Any) -> None:
    answer = sign_in(client_of(Access(public_url="https://bids.example.cn")))
    assert answer.headers["set-cookie"].startswith("__Host-kaiche_session=")
    assert "secure" in answer.headers["set-cookie"].lower()


@pytest.mark.usefixtures("crew")
@pytest.mark.parametrize("name", ["BOSS", " boss ", "ｂｏｓｓ"])
def test_a_name_may_be_typed_in_any_way(client_of: Any, name: str) -> None:
    assert sign_in(client_of(), name).status_code == 200


@pytest.mark.usefixtures("crew")
def test_a_log_in_ends_the_session_that_the_browser_came_with(client_of: Any) -> None:
    client = client_of()
    first = key_of(sign_in(client))
    second = key_of(sign_in(client, cookie=f"kaiche_session={first}"))
    assert first != second
    assert with_key(client, first).status_code == 401
    assert with_key(client, second).status_code == 200


@pytest.mark.usefixtures("crew")
def test_nobody_can_choose_the_key_of_a_session(client_of: Any) -> None:
    client = client_of()
    assert key_of(sign_in(client, cookie="kaiche_session=planted")) != "planted"
    assert with_key(client, "planted").status_code == 401


@pytest.mark.usefixtures("crew")
def test_logging_out_ends_the_session_on_the_server(client_of: Any) -> None:
    client = client_of()
    key = key_of(sign_in(client))
    out = with_key(client, key, "DELETE")
    assert out.status_code == 204
    assert 'kaiche_session=""' in out.headers["set-cookie"]
    assert with_key(client, key).status_code == 401


def test_wrong_name_wrong_password_and_disabled_are_told_alike(client_of: Any, crew: Crew) -> None:
    crew.add("li", shop_1=Role.VIEWER)
    crew.disable("li")
    client = client_of()
    answers = [
        sign_in(client, "nobody"),
        sign_in(client, "boss", "wrong " + PASSWORD),
        sign_in(client, "li"),
        sign_in(client, "loopback"),
        sign_in(client, "\x00 or 1=1"),
    ]
    assert [answer.status_code for answer in answers] == [401] * 5
    told = [{**answer.json(), "request_id": ""} for answer in answers]
    assert all(one == told[0] for one in told)
    assert all("set-cookie" not in answer.headers for answer in answers)


@pytest.mark.usefixtures("crew")
def test_after_ten_attempts_on_a_name_also_the_right_password_waits(client_of: Any) -> None:
    client = client_of()
    codes = [sign_in(client, password=f"wrong password {n}").status_code for n in range(10)]
    assert codes == [401] * 10
    held = sign_in(client)
    assert held.status_code == 429
    assert 0 < int(held.headers["retry-after"]) <= 901
    assert "set-cookie" not in held.headers


@pytest.mark.usefixtures("crew")
def test_the_right_password_starts_the_count_anew(client_of: Any) -> None:
    client = client_of()
    for _ in range(2):
        codes = [sign_in(client, password=f"wrong password {n}").status_code for n in range(9)]
        assert codes == [401] * 9
        assert sign_in(client).status_code == 200


@pytest.mark.usefixtures("crew")
def test_after_thirty_attempts_an_address_waits_whatever_the_name(client_of: Any) -> None:
    client = client_of()
    codes = {sign_in(client, f"name-{n}").status_code for n in range(30)}
    assert codes == {401}
    assert sign_in(client).status_code == 429
    assert sign_in(client_of(peer="203.0.113.9")).status_code == 200


@pytest.mark.usefixtures("crew")
def test_a_log_in_from_another_site_is_refused(client_of: Any) -> None:
    assert sign_in(client_of(), origin="https://evil.example").status_code == 403


def test_one_changes_ones_own_password_and_other_browsers_are_logged_out(
    client_of: Any, crew: Crew
) -> None:
    client = client_of()
    here, elsewhere = key_of(sign_in(client)), crew.cookie("boss")
    body = {"password": PASSWORD, "new_password": NEW}
    wrong = with_key(client, here, "POST", f"{URL}/password", json=body | {"password": "no"})
    assert wrong.status_code == 401
    weak = with_key(client, here, "POST", f"{URL}/password", json=body | {"new_password": "boss"})
    assert weak.status_code == 422
    done = with_key(client, here, "POST", f"{URL}/password", json=body)
    assert done.status_code == 200
    assert with_key(client, elsewhere).status_code == 401
    assert with_key(client, here).status_code == 401
    assert with_key(client, key_of(done)).status_code == 200
    assert [sign_in(client, password=one).status_code for one in (PASSWORD, NEW)] == [401, 200]


def test_a_token_changes_no_password(client_of: Any, crew: Crew) -> None:
    body = {"password": PASSWORD, "new_password": NEW}
    headers = bearer(crew.token("boss"))
    refused = client_of().post(f"{URL}/password", json=body, headers=headers)
    assert refused.status_code == 403


def test_somebody_is_told_what_they_may_do(client_of: Any, crew: Crew) -> None:
    crew.add("li", shop_1=Role.OWNER)
    client = client_of()
    token = crew.token("li", Role.SPECIALIST)
    assert client.get(URL, headers=bearer(token)).json() == {
        "user": "li",
        "by": "token",
        "everything": None,
        "accounts": [{"account_id": "shop-1", "name": "某某旗舰店", "role": "specialist"}],
        "expires_at": None,
    }
    assert client.get(URL, headers=bearer(crew.token("boss"))).json()["everything"] == "owner"


def test_without_a_user_the_session_says_so(client: Any) -> None:
    told = client.get(URL).json()
    assert (told["user"], told["by"], told["everything"]) == ("loopback", "open", "owner")
    assert sign_in(client).status_code == 401


@pytest.mark.usefixtures("crew")
def test_no_password_is_repeated_by_a_refusal(client_of: Any) -> None:
    body = {"name": "boss", "password": "hunter2-hunter2" * 40}
    refused = client_of().post(URL, json=body, headers=SAME)
    assert refused.status_code == 422
    assert "hunter2" not in refused.text
