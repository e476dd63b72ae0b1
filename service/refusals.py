"""Why something is refused, in the words of the people who read it: Chinese, English.

Places in braces are filled by ``ServiceError.of``. What only whoever runs the server meets (its YAML, its
database, its files) is told by the command line and stands where it is found.
"""

from __future__ import annotations

from collections.abc import Mapping

REFUSALS: Mapping[str, tuple[str, str]] = {
    # People and their roles
    "name_unusable": (
        "用户名 {name} 不能用: 只能写字母, 汉字, 数字和 . _ @ -, 最多 {most} 个字",
        "the name {name!r} cannot be used; write letters, digits, . _ @ or -, at most {most}",
    ),
    "name_reserved": (
        "用户名 {name} 留给系统使用, 请换一个",
        "the name {name} is taken by kaiche itself; choose another",
    ),
    "label_unusable": (
        "请写明令牌的用途, 最多 {most} 个字",
        "say what the token is for, in at most {most} letters",
    ),
    "password_length": (
        "密码须有 {least} 到 {most} 个字符; 可以用一句短话",
        "a password has {least} to {most} characters; a short sentence is one",
    ),
    "password_guessed": (
        "这个密码太容易猜到 (字符重复太多, 或含有用户名); 可以用一句短话",
        "this password is easy to guess (few different characters, or the user's name); "
        "take a short sentence",
    ),
    "user_taken": (
        "已经有用户 {name}",
        "the user {name} is there already; `kaiche user list` shows everybody",
    ),
    "user_unknown": (
        "没有用户 {name}",
        "there is no user {name}; `kaiche user list` shows everybody",
    ),
    "user_disabled": (
        "用户 {name} 已停用, 不能再有令牌",
        "the user {name} is disabled and can have no token",
    ),
    "link_taken": (
        "身份 {linked_as} 已关联到 {name}; 请先解除: kaiche user link {name} none",
        "{linked_as} is linked to {name} already; end that first: kaiche user link {name} none",
    ),
    "last_owner": (
        "这样就没有所有者了: 第一个用户须是所有者, 最后一个所有者须保留. 请先让另一个人成为全部账户的所有者",
        "nobody would own anything; the first user must be an owner, and the last owner stays one: "
        "kaiche user add NAME --role owner --account '*'",
    ),
    "token_life": ("令牌有效期须为 1 到 {most} 天", "a token lives 1 to {most} days"),
    "token_unknown": (
        "没有令牌 {token_id}",
        "there is no token {token_id}; `kaiche token list` has their ids",
    ),
    "logged_out": ("您已退出登录, 请刷新页面重新登录", "you are logged out; load the page again"),
    "role_too_low": (
        "这需要账户 {account} 的{role_zh}角色, 请联系所有者",
        "this needs the role {role} on {account}; ask an owner for it",
    ),
    "nothing_to_see": (
        "没有您可以查看的账户, 请联系所有者给您角色",
        "there is no account that you may see; ask an owner for a role",
    ),
    "no_provider": (
        "没有设置企业登录; 见配置文件的 oidc 一段",
        "there is no log-in provider; the block oidc of the YAML names one",
    ),
    "language_unknown": (
        "没有语言 {name}; 请写 zh 或 en",
        "there is no language {name!r}; write zh or en",
    ),
    # What is not there
    "account_unknown": (
        "没有账户 {account}; 有: {known}",
        "there is no account {account} in the configuration, only: {known}",
    ),
    "account_not_yours": ("没有账户 {account}", "there is no account {account}"),
    "line_unknown": (
        "没有明细 {line_id}",
        "there is no line {line_id}; the proposal's list of lines has them",
    ),
    "line_not_of_account": (
        "{account} 没有明细 {line_id}",
        "there is no line {line_id} of {account}",
    ),
    "lines_not_here": ("这里没有这些明细: {shown}", "no such lines here: {shown}"),
    "proposal_unknown": (
        "没有建议 {proposal_id}",
        "there is no proposal {proposal_id}; the list of proposals has them",
    ),
    "proposal_not_of_account": (
        "{account} 没有建议 {proposal_id}",
        "there is no proposal {proposal_id} of {account}",
    ),
    "run_unknown": ("没有这次计算: {run_id}", "there is no run {run_id}; `kaiche runs` lists them"),
    "run_kept_nothing": (
        "那一晚没有留下可供估算的数据, 因此这里算不出预测",
        "the run {run_id} kept no {kind}: it ended before it had been given one",
    ),
    "application_unknown": (
        "没有这次提交: {application_id}",
        "there is no application {application_id}; `kaiche batches` lists them",
    ),
    "batch_unknown": (
        "没有这个批次: {batch_id}",
        "there is no batch {batch_id}; `kaiche batches` lists them",
    ),
    "alert_unknown": (
        "没有告警 {alert_id}",
        "there is no alert {alert_id}; `kaiche alerts` lists them",
    ),
    # Decisions
    "state_forbids": (
        "这条明细现在的状态不能再这样处理; 请刷新页面, 看看它现在的状态",
        "a line that is {here} cannot take the action {action}; {remedy}",
    ),
    "bid_no_fen": (
        "出价 {bid} 须为整数分; 0.85 元写 85",
        "bid_fen {bid!r} must be a whole number of fen; 0.85 yuan is 85",
    ),
    "bid_outside": (
        "出价 {bid} 元超出护栏 ({low} 到 {high} 元); 请在范围内定价, 或请所有者调整护栏",
        "a bid of {bid} yuan is outside the guardrails ({low} to {high}); choose one within, or ask "
        "the owner to change guardrails.min_bid or max_bid",
    ),
    "bid_as_now": (
        "{word} 现在就是这个出价; 想保持不变, 请驳回这一条",
        "{bid} fen is the bid that {word} has now; reject the line to leave it there",
    ),
    "word_without_bid": (
        "{word} 不能按词出价; 请先在平台上把它的计划改成手动出价",
        "the word {word} ({keyword_id}) takes no bid of its own: {reason}; change its campaign to "
        "manual bidding on the platform first",
    ),
    "reason_missing": (
        "这个操作须写明理由, 几个字就够",
        "the action {action} needs a reason; say in a few words why",
    ),
    "raise_reason_missing": (
        "预算或额度调高须写明理由, 几个字就够",
        "a raise of budget or allowance needs a reason; say in a few words why",
    ),
    "second_person": (
        "{word} 的出价是您自己定的, 或由您放行 (共 {count} 条), 须由另一人批准. 本次没有改动任何内容",
        "the bid of {word} (line {line_id}){more} is your own, or was opened by you; somebody else "
        "has to approve it. Nothing was changed",
    ),
    "changed_meanwhile": (
        "其中有些明细刚刚被别人改动, 本次没有改动任何内容; 请重新查看后再决定",
        "some of these lines were changed by somebody else at the same moment; read them again and "
        "decide on what they say now. Nothing was changed",
    ),
    "proposal_not_blocked": (
        "这份建议没有被护栏拦下, 无需放行",
        "the proposal {proposal_id} is {state}; only a blocked one can be overridden",
    ),
    "proposal_changed_meanwhile": (
        "这份建议刚刚被别人处理, 本次没有改动任何内容; 请重新查看",
        "the proposal {proposal_id} was changed by somebody else at the same moment; read it again. "
        "Nothing was changed",
    ),
    "proposal_closed": (
        "{day} 的建议已经不能再这样处理 (被护栏拦下, 已过期或已被取代); 请看最新的建议",
        "the proposal {proposal_id} of {day} is {state}; {action} needs one that is {expected}",
    ),
    "proposal_expired": (
        "{day} 的建议已过期 ({at} UTC); 请看最新的建议",
        "the proposal {proposal_id} of {day} expired at {at} UTC; decide on the newest one",
    ),
    "alert_known": (
        "{by} 已经确认过这条告警",
        "the alert {alert_id} was acknowledged by {by} already",
    ),
    # Sending and undoing
    "applying_elsewhere": (
        "{account} 的出价正在由 {held} 提交 (最迟到 {until} UTC), 请等它结束",
        "bids of {account} are being applied by {held} (until {until} UTC at the latest); wait until "
        "it ends",
    ),
    "applying_begun": (
        "{account} 的出价刚刚由另一个进程开始提交, 请等它结束",
        "another process began to apply {account} at this moment",
    ),
    "never_applied": (
        "这次提交没有出价生效, 没有可撤销的",
        "{undoes} has applied no bid; there is nothing to roll back",
    ),
    "nothing_restorable": (
        "没有一个词可以恢复: {count} 个词之后被改过, 已撤销过或平台上已没有",
        "no word of {undoes} can be restored: {count} left alone ({reasons})",
    ),
    "no_live_bids": (
        "{account} 的数据来源读不到平台上的现价; 请在平台上手工改回",
        "the connector of {account} cannot read live bids; undo it on the platform by hand",
    ),
    # Sheets
    "sheet_too_long": (
        "{count} 行太多, 一份 .{kind} 装不下; 请先筛选到 {most} 行以内",
        "{count} lines are too many for one .{kind}; narrow the filter to {most}{more}",
    ),
    "sheet_changed": (
        "预览之后文件或明细有变化, 本次没有改动任何内容; 请重新导入, 看过差异再确认",
        "these lines, or the file, are not what was shown any more; nothing was changed. Look at the "
        "difference again",
    ),
    "sheet_unknown": (
        "这个文件不是 .xlsx 也不是 .csv; 请先导出明细, 在导出的文件里修改",
        "this file is neither .xlsx nor .csv; export the lines and edit that file",
    ),
    "sheet_old": (
        "这是旧的 .xls 文件, 或设了密码; 请另存为 .xlsx",
        "this is an old .xls file, or one with a password; save it as .xlsx",
    ),
    "sheet_columns": (
        "表格缺少这些列: {names}; 请先导出明细, 在导出的文件里修改",
        "the sheet lacks the columns: {names}; export the lines and edit that file",
    ),
    "sheet_too_large": (
        "表格文件太大; 请先筛选, 少导出一些明细",
        "the workbook is too large; export fewer lines by a filter",
    ),
    "sheet_unreadable": (
        "这个表格文件打不开; 请另存为 .xlsx",
        "this file is no workbook that can be read; save it as .xlsx",
    ),
    "sheet_damaged": (
        "这个表格文件已损坏; 请重新另存为 .xlsx",
        "this workbook is damaged; save it again as .xlsx",
    ),
    "sheet_no_text": (
        "这个文件不是逗号分隔的文本; 请另存为 .xlsx",
        "this file is no text with commas; save it as .xlsx",
    ),
    "sheet_too_many": (
        "一次最多导入 {most} 行; 请拆成几个文件",
        "more than {most} lines at once; split the file",
    ),
}
