"""What the pages of signing in and of the account say."""

from __future__ import annotations

from collections.abc import Mapping

from watchtower.model import AccessRole, Text
from watchtower.texts.counted import CountWords

SIGN_IN = Text("Sign in", "登录")
SIGN_IN_BY = Text("Sign in by {}", "通过 {} 登录")
SIGN_IN_WRONG = Text("The name or the password is wrong.", "姓名或密码错误。")
SIGN_IN_LOCKED = Text("Too many wrong passwords. Wait for {} min.", "密码错误次数过多，请等待 {} 分钟。")
SIGN_IN_BUSY = Text("Too many people are signing in. Try again in a second.", "登录人数过多，请稍后再试。")
NO_ACCOUNTS = Text(
    "Nobody has an account yet. On the machine of the daemon run:", "尚无账号。请在守护进程所在机器上执行："
)
SIGN_OUT = Text("Sign out", "退出登录")
SIGN_OUT_OTHERS = Text("Sign out everywhere else", "退出其他所有会话")
SIGN_OUT_EVERYWHERE = Text("Sign out everywhere", "退出所有会话")
PASSWORD = Text("Password", "密码")
PASSWORD_NEW = Text("New password", "新密码")
PASSWORD_SET = Text("Set the password", "设置密码")
PASSWORD_CHANGE = Text("Change the password", "修改密码")
PASSWORD_CHANGED = Text(
    "The password is changed. All other sessions have ended.", "密码已修改，其他会话均已结束。"
)
PASSWORD_WEAK = Text(
    "Take at least {} characters, not your name, and not one sign again and again.",
    "密码至少 {} 个字符，不能以姓名开头，也不能是重复字符。",
)
WELCOME = Text("Choose your password", "设置您的密码")
WELCOME_HINT = Text(
    "You get the role “{}”. The password has at least {} characters; a sentence is good.",
    "您的角色为「{}」。密码至少 {} 个字符，建议用一句话。",
)
LINK_USED = Text("This link was used, or its time is over", "该链接已被使用或已过期")
LINK_ONCE = Text(
    "Give this link to the person. It works once, for a day, and is not shown again.",
    "请将此链接交给本人。链接仅可使用一次，一天内有效，不再显示。",
)
LINK_MAKE = Text("New link to set the password", "生成设置密码的链接")
SESSIONS = Text("Sessions", "会话")
SESSIONS_OPEN = CountWords("{} session", "{} sessions", "{} 个会话")
TOKENS = Text("Personal tokens", "个人令牌")
TOKEN_NEW = Text("New token", "新建令牌")
TOKEN_TITLE = Text("What it is for", "用途")
TOKEN_SCOPES = Text(
    "What it may: read, respond, worker, admin, push:CHECK", "权限：read、respond、worker、admin、push:检查名"
)
TOKEN_LASTS = Text("How long it lasts", "有效期")
TOKEN_ONCE = Text("Copy the token now. It is not shown again.", "请立即复制令牌，之后不再显示。")
FOR_EVER = Text("for ever", "永久")
USED = Text("used {}", "{}使用过")
NEVER_USED = Text("never used", "从未使用")
EXPIRES = Text("expires {}", "{}过期")
REVOKE = Text("Revoke", "吊销")
AUDIT = Text("Audit log", "审计日志")
ACCOUNTS = Text("Accounts", "账号")
ACCOUNT_NEW = Text("New account", "新建账号")
NAME = Text("Name, as in rules.toml", "姓名，与 rules.toml 一致")
ROLE = Text("Role", "角色")
ROLE_GIVE = Text("Give this role", "设为此角色")
REMOVE = Text("Remove the account", "删除账号")
BY_PROVIDER = Text("signs in by the provider", "通过身份提供方登录")
BY_PASSWORD = Text("signs in by a password", "用密码登录")
BY_NOTHING = Text("has not set a password yet", "尚未设置密码")
ROLES: Mapping[AccessRole, Text] = {
    AccessRole.VIEW: Text("may look", "只读"),
    AccessRole.RESPOND: Text("may respond", "可处置"),
    AccessRole.ADMIN: Text("admin", "管理员"),
}
