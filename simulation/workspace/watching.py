"""Whom the house names together, and what its risk people suppose, write down and rehearse."""

import json
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from core.outbox import system_user
from risk.models import Incident, RiskEntry
from risk.operations.register import save_entry, save_incident
from risk.operations.stress import keep_shock_year, run_default_shock, run_rate_shock
from segmentation.models import Segment
from segmentation.operations.segments import create_segment
from simulation.workspace.story import Scene, Story

# A year takes minutes to live through: what `simulate_shock` printed is kept with the product.
KEPT_YEAR = Path(__file__).with_name("shock_year.json")
_BORROWER = {"fact": "borrower", "is": "is", "values": ["yes"]}
_INVESTOR = {"fact": "investor", "is": "is", "values": ["yes"]}
_SEGMENTS: tuple[tuple[int, str, str, str, dict[str, Any]], ...] = (
    (
        25,
        "xugang",
        "逾期借款人",
        "催收与关怀的对象",
        {"all": [_BORROWER, {"fact": "overdue", "is": "min", "values": ["1"]}]},
    ),
    (
        24,
        "wanghao",
        "常投出借人",
        "九十天内投标三次以上：有新标的先告诉他们",
        {"all": [_INVESTOR, {"did": "bid", "times": 3, "days": 90}]},
    ),
    (
        23,
        "wanghao",
        "两周没联系的出借人",
        "回访名单",
        {"all": [_INVESTOR, {"fact": "last_contact", "is": "notlast", "values": ["14"]}]},
    ),
    (
        20,
        "xugang",
        "活动对照组",
        "十分之一的人不参加任何活动",
        {"all": [{"share": {"seed": "对照组", "from": 0, "to": 10}}]},
    ),
)
_RISKS = (
    (40, "CREDIT", "小微借款人集中在餐饮业", "淡季同时逾期", 3, 4, "REDUCE", "单一行业余额不超过三成，每月复核", 30),
    (
        33,
        "TECHNOLOGY",
        "支付渠道单点故障",
        "扣款日渠道中断，还款不能及时入账",
        2,
        4,
        "REDUCE",
        "第二渠道每季演练切换",
        60,
    ),
)


def list_scenes(_story: Story) -> Sequence[Scene]:
    """Return when groups are named, risks entered, a drill held and the book put to a test."""
    return [
        *(Scene(row[0], 11, 10, partial(_name_group, row=row)) for row in _SEGMENTS),
        *(Scene(row[0], 15, 40, partial(_enter_risk, row=row)) for row in _RISKS),
        Scene(18, 16, 20, _hold_drill),
        Scene(3, 9, 50, _put_to_test),
        Scene(2, 9, 50, _show_the_year),
    ]


def _name_group(story: Story, *, row: tuple[int, str, str, str, dict[str, Any]]) -> None:
    _days, who, name, description, rule = row
    create_segment(
        name=name,
        description=description,
        kind=Segment.Kind.DYNAMIC,
        rule=rule,
        actor=story.user(who),
        now=story.world.now,
    )


def _enter_risk(story: Story, *, row: tuple[int, str, str, str, int, int, str, str, int]) -> None:
    _days, category, title, description, likelihood, impact, response, plan, review_days = row
    entry = RiskEntry(
        title=title,
        category=category,
        description=description,
        likelihood=likelihood,
        impact=impact,
        response=response,
        plan=plan,
        owner=story.staff["sunlei"],
        review_date=story.world.today + timedelta(days=review_days),
    )
    save_entry(entry=entry, note="", actor=story.user("sunlei"), now=story.world.now)


def _hold_drill(story: Story) -> None:
    began = story.world.now - timedelta(hours=2)
    drill = Incident(
        kind=Incident.Kind.DRILL,
        title="支付渠道切换演练",
        scenario="停用银行渠道，扣款改走第二渠道，十五分钟内恢复。",
        began_at=began,
        noticed_at=began + timedelta(minutes=4),
        restored_at=began + timedelta(minutes=19),
        data_until=began,
        rto_minutes=30,
        rpo_minutes=5,
        lessons="切换十五分钟，达标；公告模板要先备好。",
        is_closed=True,
        owner=story.staff["sunlei"],
    )
    save_incident(incident=drill, actor=story.user("sunlei"), now=story.world.now)


def _put_to_test(story: Story) -> None:
    given: dict[str, Any] = {"actor": story.user("sunlei"), "business_date": story.world.today, "now": story.world.now}
    run_default_shock(multiplier=Decimal(3), loss_share=Decimal("0.60"), note="季度例行", **given)
    run_rate_shock(move=Decimal("-0.005"), note="降息情景", **given)


def _show_the_year(story: Story) -> None:
    kept = json.loads(KEPT_YEAR.read_text(encoding="utf-8"))
    keep_shock_year(
        **kept,
        note="随产品附带：simulate_shock --loans 100 --seed 7 的计算结果，与本库客户无关。",
        actor=system_user(),
        business_date=story.world.today,
        now=story.world.now,
    )
