"""Views that colleagues saved and shared, and what they found out about the market."""

from collections.abc import Sequence
from functools import partial

from core.errors import Refused
from customers.models import SavedView
from customers.operations import desk, research
from simulation.workspace.story import Scene, Story
from staff.queries import get_access

_VIEWS = (
    ("lijing", "我的高风险客户", "where=risk_tier:in:HIGH", SavedView.Audience.ME, True),
    ("lijing", "一个月没联系", "where=contact:notlast:30", SavedView.Audience.ME, False),
    ("wanghao", "本组近两周没联系的投资人", "where=investor:is:yes;contact:notlast:14", SavedView.Audience.TEAM, True),
    ("wanghao", "资料不全", "where=completeness:max:60&sort=completeness", SavedView.Audience.TEAM, False),
    ("xugang", "本月生日", "where=birth:next:30", SavedView.Audience.ALL, False),
    ("xugang", "新客户（30 天内）", "where=registered:last:30&sort=-registered", SavedView.Audience.ALL, True),
)
_FINDINGS = (
    (
        29,
        "wanghao",
        "COMPETITOR",
        "邻里贷推出首期免息",
        "首期免息、分 12 期，综合年化约 13%，审批两小时内。",
        "邻里贷",
        "PRICE",
    ),
    (20, "lijing", "MARKET", "装修旺季提前", "建材市场反映订单比去年早三周，装修类需求 11 月达到高点。", "", "NO_NEED"),
    (13, "chenmei", "TRADE", "小餐饮淡季资金紧张", "走访 12 家早餐店，9 家在 11 月需要一到两个月的周转。", "", ""),
    (
        6,
        "xugang",
        "COMPETITOR",
        "稳盈宝下调收益",
        "三个月期由 6.5% 降到 5.8%，部分客户在询问转出。",
        "稳盈宝",
        "COMPETITOR",
    ),
)


def list_scenes(_story: Story) -> Sequence[Scene]:
    """Return when views are saved and findings written down."""
    findings = [Scene(row[0], 13, 20, partial(_write_finding, row=row)) for row in _FINDINGS]
    return [Scene(27, 13, 0, _save_views), *findings]


def _save_views(story: Story) -> None:
    for name, title, query, audience, is_pinned in _VIEWS:
        access = get_access(story.user(name))
        if access is None:
            raise Refused
        view = desk.save_view(
            access=access,
            entity="customers",
            name=title,
            query=query,
            columns=[],
            audience=audience,
            now=story.world.now,
        )
        if is_pinned:
            desk.change_view(access=access, view_id=view.pk, is_pinned=True)


def _write_finding(story: Story, *, row: tuple[int, str, str, str, str, str, str]) -> None:
    _days, name, kind, title, text, competitor, reason = row
    research.add_research(
        kind=kind,
        title=title,
        text=text,
        competitor=competitor,
        source="客户经理走访",
        lost_reason=reason,
        actor=story.user(name),
        now=story.world.now,
    )
