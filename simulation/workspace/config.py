"""What an administrator sets up and a second person approves: partners, pool, assignment rules, custom fields."""

from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from django.db.models import Model

from customers.models import AssignmentRule, Method, Pool
from customers.operations.costs import record_acquisition_cost
from customers.operations.custom_fields import define_custom_field
from customers.operations.ownership.configuring import draw_up
from customers.operations.work_rules import define_partner
from simulation.workspace.story import Scene, Story
from staff.operations import ask_change, decide_change

_PARTNERS = (
    ("anjia", "安家置业", "房产中介", Decimal("60.00"), Decimal("0")),
    ("huitong", "汇通财税", "财税代理", Decimal("0.00"), Decimal("0.010000")),
)
_FIELDS: tuple[dict[str, Any], ...] = (
    {"code": "gift", "label": "答谢礼品", "label_en": "Thank-you gift", "type": "CHOICE",
     "choices": ["茶叶", "图书", "健身卡"], "place": 10},
    {"code": "family-size", "label": "家庭人口", "label_en": "People at home", "type": "NUMBER",
     "choices": [], "place": 20},
    {"code": "salon", "label": "参加理财沙龙", "label_en": "Comes to client evenings", "type": "YES_NO",
     "choices": [], "place": 30},
)  # fmt: skip
# Method, days before the present from and until which it ran, amount, channel, what for.
_COSTS = (
    (Method.ADVERTISING, 95, 65, "18000.00", "地铁", "地铁站灯箱，两周"),
    (Method.ONLINE, 95, 65, "9600.00", "baidu", "搜索推广"),
    (Method.ONLINE, 64, 34, "11200.00", "baidu", "搜索推广"),
    (Method.ONLINE, 33, 3, "12500.00", "douyin", "短视频投放"),
    (Method.EXHIBITION, 40, 38, "15800.00", "理财博览会", "展位与物料"),
    (Method.SMS, 30, 30, "860.00", "", "老客户唤醒短信 8,600 条"),
    (Method.EMAIL, 24, 24, "300.00", "", "月度通讯"),
    (Method.CANVASSING, 28, 14, "2400.00", "", "建材市场扫街，交通与物料"),
    (Method.PHONE, 33, 3, "3200.00", "", "外呼名单与坐席"),
    (Method.DATA, 20, 20, "1500.00", "", "流失预警模型调用"),
    (Method.CHAIN, 33, 3, "600.00", "", "转介绍礼品"),
)


def list_scenes(_story: Story) -> Sequence[Scene]:
    """Return when what is set up."""
    costs = [Scene(row[2], 18, 0, partial(_cost, row=row)) for row in _COSTS]
    return [Scene(43, 9, 20, _partners), Scene(42, 9, 30, _fields), Scene(38, 9, 20, _ownership), *costs]


def _activate(story: Story, row: Model, why: str) -> None:
    """Have a row that was drawn up put in force by a second person."""
    approval = ask_change(
        target=row, values={"is_active": True}, reason=why, actor=story.user("wuyan"), now=story.world.now
    )
    decide_change(
        approval_id=approval.pk, is_approved=True, note="同意启用", actor=story.user("xugang"), now=story.world.now
    )


def _partners(story: Story) -> None:
    for code, name, kind, fee, share in _PARTNERS:
        row = define_partner(
            code=code,
            name=name,
            kind=kind,
            fee_per_lead=fee,
            fee_share=share,
            actor=story.user("wuyan"),
            now=story.world.now,
        )
        _activate(story, row, "合作协议已签署")


def _fields(story: Story) -> None:
    for given in _FIELDS:
        row = define_custom_field(**given, actor=story.user("wuyan"), now=story.world.now)
        _activate(story, row, "客户关系部申请")


def _ownership(story: Story) -> None:
    north, east = story.staff["lijing"], story.staff["chenmei"]
    lead = story.staff["wanghao"]
    change = ask_change(
        target=lead, values={"capacity": 0}, reason="主管不承接新客户", actor=story.user("wuyan"), now=story.world.now
    )
    decide_change(approval_id=change.pk, is_approved=True, note="同意", actor=story.user("xugang"), now=story.world.now)
    pool = Pool(name="客户关系部公海", department=north.department, no_contact_days=30, warning_days=5, daily_claims=5)
    rules = (
        AssignmentRule(name="微信小程序客户归华东组", place=10, sources=["微信小程序"], team=east.team),
        AssignmentRule(name="其余新客户归华北组", place=20, team=north.team, way=AssignmentRule.Way.IN_TURN),
    )
    for row in (pool, *rules):
        _activate(story, draw_up(row=row, actor=story.user("wuyan"), now=story.world.now), "第四季度分配方案")


def _cost(story: Story, *, row: tuple[Any, ...]) -> None:
    method, since, until, amount, channel, note = row
    record_acquisition_cost(
        method=method,
        from_date=story.workday(since),
        until_date=story.workday(until),
        amount=Decimal(amount),
        channel=channel,
        note=note,
        actor=story.user("wuyan"),
        now=story.world.now,
    )
