"""People: who sees what on every page, and everything that the owner does about them."""

import pytest

ALL = ("today", "plan", "lines", "after", "audit", "account")


@pytest.fixture(scope="module")
def served(tmp_path_factory, serve):
    """A shop with an owner, a specialist and a guest, an alert and a blocked night; tests follow on."""
    shop = serve(tmp_path_factory.mktemp("shop"), "staffed", "alerted", "blocked")
    yield shop
    shop.end()


def buttons(page):
    """What can be pressed on the page, by name; what belongs to a field is no action."""
    found = page.locator("main .q-btn").all()
    return {one.inner_text().strip() for one in found} - {""}


def open_lines(visitor, query=""):
    page = visitor.open(f"lines{query}")
    page.wait_for_selector(".ag-row .ag-cell[col-id=bid]:not(:empty)")
    return page


def test_each_role_is_offered_what_is_theirs_and_nothing_else(visit):
    offered = {}
    for name in ("guest", "li", "boss"):
        with visit() as visitor:
            visitor.log_in(name)
            offered[name] = {page: buttons(visitor.open(page)) for page in ALL}
            people = visitor.page.get_by_role("link", name="人员").count()
            assert people == (name == "boss")
            open_lines(visitor).locator(".ag-row a").first.click()
            visitor.page.wait_for_selector("text=为什么")
            offered[name]["word"] = buttons(visitor.page)
    sheets = {"导出 Excel", "导出 CSV"}
    decisions = {
        "批准所选 (a)",
        "批准筛出的全部 (A)",
        "驳回所选 (r)",
        "驳回筛出的全部 (R)",
        "撤回批准",
    }
    nothing = {page: set() for page in (*ALL, "word")} | {"audit": {"查找"}}
    specialist = {
        "lines": sheets | decisions | {"导入改好的表…"},
        "after": {"提交已批准的", "停止提交…"},
    }
    blocked = {"word": {"驳回"}}  # what the guardrails hold others can only refuse
    fold = {"更多筛选与操作"}
    for of_page in offered.values():
        of_page["lines"] -= fold
    assert offered["guest"] == nothing | {"lines": sheets}
    assert offered["li"] == nothing | specialist | blocked
    assert offered["boss"] == nothing | specialist | blocked | {"today": {"确认…", "放行…"}}


@pytest.mark.parametrize("name", ["guest", "li"])
def test_people_are_the_owners_alone(visit, name):
    with visit() as visitor:
        visitor.log_in(name)
        page = visitor.open("people")
        assert "只有全部账户的所有者" in page.inner_text("main")
        assert buttons(page) == set()


@pytest.mark.parametrize(
    ("language", "sure"),
    [("zh", "这样就没有所有者了"), ("en", "nobody would own anything")],
)
def test_the_last_owner_stays_one_and_is_told_so_in_their_language(visit, language, sure):
    with visit(language=language) as visitor:
        visitor.log_in("boss")
        page = visitor.open("people")
        page.get_by_role("button", name="停用 boss" if language == "zh" else "Disable boss").click()
        page.wait_for_selector(f"text={sure}")


def test_somebody_is_added_shut_out_and_let_in_again(visit):
    with visit() as visitor:
        visitor.log_in("boss")
        page = visitor.open("people")
        assert visitor.grave() == []
        page.get_by_label("用户名").fill("Wang")
        page.get_by_role("button", name="添加", exact=True).click()
        password = page.wait_for_selector(".k-secret").inner_text()
        assert len(password) == 20
        assert visitor.grave() == []
        page.get_by_role("button", name="已记下").click()
        page.get_by_role("button", name="停用 wang").click()
        page.get_by_role("button", name="恢复 wang").click()
        page.get_by_role("button", name="停用 wang").wait_for()
        page.get_by_label("用户名").fill("wang")
        page.get_by_role("button", name="添加", exact=True).click()
        page.wait_for_selector("text=已经有用户 wang")
        page.get_by_role("button", name="知道了").click()
        page.get_by_label("用户名").fill("王 小")
        page.get_by_role("button", name="添加", exact=True).click()
        page.wait_for_selector("text=/用户名 王 小 不能用/")
    with visit() as visitor:
        visitor.log_in("wang", password)
        assert visitor.page.get_by_role("link", name="明细", exact=True).count() == 1


def test_a_role_is_changed_on_one_account(visit):
    with visit() as owner, visit() as guest:
        guest.log_in("guest")
        assert guest.open("after").get_by_role("button", name="提交已批准的").count() == 0
        owner.log_in("boss")
        page = owner.open("people")
        page.get_by_role("button", name="改角色 guest").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("角色").click()
        page.get_by_role("option", name="专员").click()
        assert owner.grave() == []
        dialog.get_by_role("button", name="保存").click()
        page.wait_for_selector("text=测试店铺: 专员")
        assert guest.open("after").get_by_role("button", name="提交已批准的").count() == 1
        assert "改角色" in owner.open("audit").inner_text("main")


def test_a_new_password_logs_every_browser_out_and_opens_the_door(visit):
    with visit() as owner, visit() as staff:
        staff.log_in("guest")
        owner.log_in("boss")
        page = owner.open("people")
        page.get_by_role("button", name="重置密码 guest").click()
        password = page.wait_for_selector(".k-secret").inner_text()
        page.get_by_role("button", name="已记下").click()
        staff.page.goto(staff.served.page("today"))
        staff.page.wait_for_selector("input[name=password]")
        staff.log_in("guest", password)


def test_a_token_ends_at_once(visit):
    with visit() as visitor:
        visitor.log_in("boss")
        page = visitor.open("people")
        assert "scripts" in page.inner_text("main")
        page.get_by_role("button", name="撤销 scripts").click()
        page.wait_for_selector("text=已撤销")
        assert page.get_by_role("button", name="撤销 scripts").count() == 0


def test_the_owner_opens_what_the_guardrails_hold_and_others_approve_it(visit):
    with visit() as owner:
        owner.log_in("boss")
        page = owner.open("today")
        page.get_by_role("button", name="放行…").click()
        page.wait_for_selector("text=放行这份建议?")
        assert "guardrails.max_changed_share" in page.get_by_role("dialog").inner_text()
        assert owner.grave() == []
        page.get_by_label("理由").fill("大促前放量")
        page.get_by_role("button", name="放行", exact=True).click()
        page.wait_for_selector("text=条改动等待审批")
        open_lines(owner)
        page.locator("h1").click()
        page.keyboard.press("Shift+A")
        page.wait_for_selector("text=/批准 [\\d,]+ 条改动/")
        page.keyboard.press("Enter")
        page.wait_for_selector("text=须由别人批准")  # nobody approves what they have opened
    with visit() as visitor:
        visitor.log_in("li")
        open_lines(visitor)
        visitor.page.locator("h1").click()
        visitor.page.keyboard.press("Shift+A")
        visitor.page.wait_for_selector("text=/批准 [\\d,]+ 条改动/")
        visitor.page.keyboard.press("Enter")
        visitor.page.wait_for_selector("text=/已批准 [\\d,]+ 条; 0 条未动/")


def test_a_specialist_stops_all_sending_and_only_an_owner_goes_on(visit):
    with visit() as staff, visit() as owner:
        staff.log_in("li")
        page = staff.open("after")
        page.get_by_role("button", name="停止提交…").click()
        page.wait_for_selector("text=恢复须由所有者操作")
        assert staff.grave() == []
        page.get_by_label("备注").fill("大促价格有误")
        page.get_by_role("button", name="停止提交", exact=True).click()
        page.wait_for_selector("text=提交已被停止 (li). 大促价格有误")
        assert staff.grave() == []
        assert page.get_by_role("button", name="恢复提交…").count() == 0
        staff.open("after").get_by_role("button", name="提交已批准的").click()
        staff.page.wait_for_selector("text=已按停止令中止")

        owner.log_in("boss")
        page = owner.open("today")
        page.get_by_role("button", name="恢复提交…").click()
        page.wait_for_selector("text=恢复向平台提交?")
        assert owner.grave() == []
        page.get_by_role("button", name="恢复提交", exact=True).click()
        page.wait_for_selector("text=提交已被停止", state="detached")
        told = owner.open("audit").inner_text("main")
        assert "停止提交" in told
        assert "恢复提交" in told


def test_an_alert_is_acknowledged(visit):
    with visit() as owner:
        owner.log_in("boss")
        page = owner.open("today")
        page.wait_for_selector("text=平台把计划的日预算调高了")
        page.get_by_role("button", name="确认…").click()
        page.get_by_role("button", name="确认", exact=True).click()
        page.wait_for_selector("text=平台把计划的日预算调高了", state="detached")
