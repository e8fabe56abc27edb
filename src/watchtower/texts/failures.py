"""Why a target is not well, in words: the one-word reasons of probes, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from watchtower.model import Text, Value

_DOWN = Text("down", "异常")
REASONS: Mapping[str, Text] = {
    # The far side, by the network.
    "refused": Text("connection refused", "连接被拒绝"),
    "reset": Text("connection broken off", "连接被中断"),
    "unreachable": Text("no way there", "网络不可达"),
    "timeout": Text("no answer in time", "超时无响应"),
    "tls": Text("its certificate is not valid", "证书无效"),
    "dns": Text("its name does not resolve", "域名无法解析"),
    "servfail": Text("its name does not resolve", "域名无法解析"),
    "nxdomain": Text("its name does not exist", "域名不存在"),
    "mismatch": Text("DNS answers are not ours", "域名解析结果不是我们的"),
    "foreign": Text("DNS answers are not ours", "域名被解析到外部地址"),
    "issuer": Text("its certificate is from an issuer that is not ours", "证书签发者不是我们的"),
    "key": Text("its certificate has a key that is not ours", "证书公钥不是我们的"),
    "foreign_redirect": Text("it redirects to a host that is not ours", "被跳转到外部站点"),
    "foreign_content": Text("the page loads from hosts that are not ours", "页面引用了外部站点的内容"),
    "few": Text("DNS answers are missing", "域名解析记录缺失"),
    # The far side, by what it answers.
    "status": Text("HTTP {status}", "HTTP {status}"),
    "handshake": Text("the WebSocket is not accepted", "WebSocket 握手未被接受"),
    "header": Text("a header of the answer is not as it should be", "响应头不符合预期"),
    "body": Text("the answer is not as it should be", "响应内容不符合预期"),
    "json": Text("the answer's JSON is not as it should be", "响应 JSON 不符合预期"),
    "garbage": Text("the answer cannot be read", "响应无法解析"),
    "protocol": Text("it speaks another protocol", "响应协议不符"),
    "too_large": Text("the answer is too long", "响应过大"),
    "not_serving": Text("the service says that it is not serving", "服务自报不可用"),
    "unknown_health": Text("the service does not know its own health", "服务自报状态未知"),
    "service_unknown": Text("the server does not know this service", "服务端没有注册该服务"),
    "not_found": Text("the server does not know this service", "服务端没有注册该服务"),
    "grpc": Text("the call failed", "gRPC 调用失败"),
    "expired": Text("its registration has ended", "域名注册已到期"),
    "on_hold": Text("the domain is on hold and does not resolve", "域名已被暂停解析"),
    "redemption": Text("the domain was deleted and can still be restored", "域名已删除，尚在赎回期"),
    "not_registered": Text("the domain is not registered", "域名未注册"),
    "unready": Text("none of its replicas is ready", "没有就绪的副本"),
    "carry": Text("the answer lacks what the next step needs", "响应缺少下一步所需的值"),
    "redirects": Text("too many redirects", "重定向次数过多"),
    "critical": Text("exit status {exit_code}", "退出码 {exit_code}"),
    "arrears": Text("the account is in arrears", "账户欠费"),
    "no_package": Text("no package is left", "资源包已用尽"),
    "throttled": Text("calls are refused, too many came", "调用被限流"),
    "error": Text("it answers with an error", "返回错误"),
    "loading": Text("it is still starting", "服务尚在启动"),
    "stopping": Text("it is going down", "服务正在停止"),
    "no_database": Text("the database does not exist", "数据库不存在"),
    "database": Text("the database answers with an error", "数据库返回错误"),
    "too_many_connections": Text("it takes no more connections", "连接数已满"),
    "failed": _DOWN,
    # Our own side: the target's state is not known.
    "absent": Text("nothing is there to read", "没有可读的数据"),
    "stood_still": Text("its time stands still", "数据时间停止更新"),
    "partial": Text("the server says that its answer is not whole", "服务端自报结果不完整"),
    "listen": Text("its port cannot be opened", "端口无法监听"),
    "not_a_number": Text("it is no number", "数据不是数字"),
    "stale": Text("nothing new came", "数据长时间未更新"),
    "never_seen": Text("nothing ever came", "从未收到数据"),
    "first_poll": Text("it was read for the first time", "首次读取"),
    "unreadable": Text("it cannot be read", "数据无法读取"),
    "uneven": Text("its two counts are of different times", "两个计数的时间不一致"),
    "backlog": Text("the log grows faster than it is read", "日志增长过快，读取不及"),
    "resolver": Text("our resolver does not answer", "本机域名解析失败"),
    "no_network": Text("this machine has no network", "本机断网"),
    "no_route": Text("this machine has no route there", "本机没有到达路由"),
    "busy": Text("this machine is out of sockets or memory", "本机连接或内存不足"),
    "forbidden": Text("this machine may not connect there", "本机无权连接"),
    "proxy": Text("the proxy does not let us through", "代理拒绝访问"),
    "token": Text("no access token could be had", "未能取得访问令牌"),
    "credentials": Text("our credentials are refused", "凭据被拒绝"),
    "denied": Text("our account lacks a right", "账号缺少权限"),
    "config": Text("a file that the check needs cannot be read", "检查所需文件无法读取"),
    "unimplemented": Text("the server offers no health service", "服务端没有健康检查接口"),
    "no_rdap": Text("no RDAP server is known for this ending", "该域名后缀没有可用的 RDAP 服务"),
    "no_expiration": Text("the registry does not say when it ends", "注册局未提供到期日"),
    "limited": Text("we asked too often", "查询过于频繁，被限流"),
    "budget": Text("its budget for today is spent", "今日额度已用完"),
    "stopped": Text("it was ended while it ran", "探测中途被终止"),
    "no_usage": Text("the vendor does not say what is used", "厂商未提供用量"),
    "query": Text("its query fails", "查询语句出错"),
    "too_many_programs": Text("too many programs run at once", "同时运行的程序过多"),
    "plugin": Text("the program gives no result", "探测程序没有结果"),
    "crashed": Text("the probe failed", "探测程序异常"),
    "overrun": Text("the run before has not ended", "上一次探测尚未结束"),
    "no_thread": Text("the run before has not ended", "上一次探测尚未结束"),
    "not_run": Text("its probe has not run", "探测未运行"),
    "not_open": Text("the probe could not begin", "探测无法启动"),
    "detector_failed": Text("its detector failed", "检测器异常"),
    "too_many_series": Text("it gives too many series", "序列数量过多"),
}
"""`{name}` stands for a measurement; without it the reason is said by its first words alone."""


def failure(reason: str, facts: Mapping[str, Value] | None = None) -> Text:
    """`HTTP 503`, `connection refused`; a word of a site's own probe as it is; `down` where there is none."""
    known = REASONS.get(reason)
    if known is None:
        return Text(reason.replace("_", " "), reason.replace("_", " ")) if reason else _DOWN
    if "{" not in known.en:
        return known
    numbers = {name: f"{value:.0f}" for name, value in (facts or {}).items() if isinstance(value, float)}
    try:
        return Text(known.en.format_map(numbers), known.zh.format_map(numbers))
    except KeyError:
        return _DOWN
