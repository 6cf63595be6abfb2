"""Simplified Chinese, in the words of the pages."""
# ruff: noqa: RUF001 -- its punctuation is its own

from __future__ import annotations

from tocsin.channels.email.words.shape import Words, hosts
from tocsin.domain.alarm import AlarmState, TransitionKind
from tocsin.domain.severity import Severity

CHINESE = Words(
    html_language="zh-Hans",
    severities={
        Severity.CRITICAL: "严重",
        Severity.MAJOR: "重大",
        Severity.MINOR: "次要",
        Severity.TRIVIAL: "轻微",
        Severity.INFORMATIONAL: "提示",
    },
    states={AlarmState.ACTIVE: "活动", AlarmState.INACTIVE: "非活动"},
    transitions={
        TransitionKind.ACTIVE: "变为活动",
        TransitionKind.SEVERITY: "严重程度上升",
        TransitionKind.INACTIVE: "变为非活动",
    },
    headlines={
        TransitionKind.ACTIVE: "告警已变为活动。",
        TransitionKind.SEVERITY: "告警的严重程度已上升。",
        TransitionKind.INACTIVE: "告警已变为非活动。",
    },
    facts={
        "severity": "严重程度",
        "type": "告警",
        "category": "类别",
        "state": "状态",
        **hosts(
            "源主机",
            "目标主机",
            {
                "ip": "",
                "port": "端口",
                "name": "名称",
                "mac": " MAC",
                "user": "用户",
                "groups": "所属组",
            },
        ),
        "protocol": "协议",
        "source": "来源",
        "source_type": "来源类型",
        "received_at": "接收时间",
        "started_at": "开始时间",
        "last_seen_at": "最近出现",
        "ended_at": "结束时间",
        "count": "报告次数",
        "url": "URL",
        "id": "告警编号",
        "dedup_key": "去重键",
    },
    colon="：",
    details="详细信息",
    attributes="属性",
    subject_source="，源 {ip}",
    subject_target="，目标 {ip}",
    subject_inactive="（非活动）",
    several_subject="[{severity}] {told} 个告警：{type}",
    types="……（共 {count} 种类型）",
    types_at_least="……（至少 {count} 种类型）",
    several_headline="共 {told} 个告警，最严重的在前。",
    of_shown="（已列入的 {count} 个）",
    more="另有 {count} 个",
    see_all="查看全部",
    happened="发生了什么",
    alarm="告警",
    not_shown="未使用此动作自己的 {field}：{reason}。",
    empty="模板没有生成任何文字",
    no_evidence="未附上证据：其大小为 {octets} 字节。",
)
