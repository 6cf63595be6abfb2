"""Log lines in Chinese, as guides and translated consoles show them."""

from __future__ import annotations

from tocsin.faults.printed.lumped import NO_PATH_AT_ALL
from tocsin.faults.printed.said import of

_say = of("Translated logs", anywhere=False)

PRINTED = (
    _say(
        "ses.identity-not-verified",
        "电子邮件地址未验证{}区域{region}的检查:{identities}",
        "SMTPSendFailedException:554邮件被拒绝:电子邮件地址未验证。身份未通过区域US-EAST-1的检查:"
        "alarm@example.org",
        "ses.sandbox-recipient",
    ),
    _say(
        "ses.identity-not-verified",
        "电子邮件地址未验证",
        "554邮件被拒绝:电子邮件地址未验证",
        "ses.sandbox-recipient",
    ),
    _say(
        "auth.rejected", "535身份验证凭据无效", "AuthenticationFailedException:535身份验证凭据无效"
    ),
    _say("auth.rejected", "身份验证凭据无效", "535 身份验证凭据无效"),
    _say("auth.rejected", "身份验证失败", "535 5.7.8 错误:身份验证失败", "auth.temporary"),
    _say(
        "tls.untrusted-issuer",
        "找不到到所请求目标的有效证书路径",
        "SunCertPathBuilderException:找不到到所请求目标的有效证书路径",
        *NO_PATH_AT_ALL,
    ),
    _say(
        "tls.untrusted-issuer",
        "无法找到到请求目标的有效证书路径",
        "SunCertPathBuilderException: 无法找到到请求目标的有效证书路径",
        *NO_PATH_AT_ALL,
    ),
    _say("tls.dh-too-small", "dh密钥太小", "SSL例程:tls_process_ske_dhe:dh密钥太小"),
    _say("tls.expired", "证书已过期", "SSLHandshakeException: 证书已过期"),
    _say("tcp.refused", "连接被拒绝", "java.net.ConnectException: 连接被拒绝 (Connection refused)"),
    _say("tcp.refused", "拒绝连接", "java.net.ConnectException: 拒绝连接"),
    _say(
        "tcp.timeout", "连接超时", "java.net.ConnectException: 连接超时", "smtp.timeout", vague=True
    ),
    _say(
        "tcp.unreachable", "没有到主机的路由", "java.net.NoRouteToHostException: 没有到主机的路由"
    ),
    _say("tcp.unreachable", "网络不可达", "java.net.ConnectException: 网络不可达"),
    _say(
        "dns.not-found",
        "未知的名称或服务",
        "java.net.UnknownHostException: email-smtp.example.invalid: 未知的名称或服务",
    ),
    _say(
        "dns.timeout",
        "域名解析暂时失败",
        "java.net.UnknownHostException: mail.example.com: 域名解析暂时失败",
    ),
    _say("ses.rate-exceeded", "超出最大发送速率", "454 限制失败:超出最大发送速率。"),
    _say("ses.daily-quota", "超出每日邮件配额", "454 限制失败:超出每日邮件配额。"),
)
