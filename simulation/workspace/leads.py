"""Leads by every method, and people who stop on the way to registering."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any

from core import clock
from core.calendar import add_workdays
from customers.models import Consent, Lead, Partner
from customers.operations import diary, leads, registration
from customers.operations.leads.intake import LeadIntake
from customers.operations.needs import NeedFacts
from simulation import people
from simulation.facts import Person
from simulation.workspace.story import Scene, Story


@dataclass
class Plan:
    """A lead as it will come in, and what becomes of it: NEW, WORKING, QUALIFIED, CONVERTED, REGISTERS or a lost reason."""

    days_before: int
    method: str
    role: str
    owner: str
    fate: str
    origin: dict[str, str]
    amount: int
    purpose: str
    words: str = ""
    partner: str = ""
    is_neglected: bool = False
    lead_id: int = 0
    person: Person | None = None


_NEEDS_INTRODUCER = {"INTRODUCTION", "CHAIN"}
_PLANS: tuple[dict[str, Any], ...] = (
    {"days_before": 84, "method": "ADVERTISING", "role": "BORROWER", "owner": "lijing", "fate": "REGISTERS",
     "origin": {"medium": "地铁站灯箱", "advertisement": "秋季装修贷"}, "amount": 60000, "purpose": "房屋装修"},
    {"days_before": 76, "method": "ONLINE", "role": "BORROWER", "owner": "zhangqiang", "fate": "UNREACHABLE",
     "origin": {"utm_source": "baidu", "utm_medium": "cpc", "utm_campaign": "autumn-loan"}, "amount": 20000,
     "purpose": "资金周转"},
    {"days_before": 70, "method": "ACQUAINTANCE", "role": "INVESTOR", "owner": "chenmei", "fate": "CONVERTED",
     "origin": {"relation": "大学同学", "occasion": "同学聚会"}, "amount": 200000, "purpose": "闲置资金"},
    {"days_before": 58, "method": "DATA", "role": "INVESTOR", "owner": "chenmei", "fate": "PRICE",
     "origin": {"query_name": "活期余额高于 20 万", "trait": "高净值"}, "amount": 300000, "purpose": "稳健增值"},
    {"days_before": 43, "method": "CANVASSING", "role": "BORROWER", "owner": "chenmei", "fate": "CONVERTED",
     "origin": {"place": "宜山路建材市场", "impression": "有两间门店"}, "amount": 80000, "purpose": "备货", "is_neglected": True},
    {"days_before": 39, "method": "EXHIBITION", "role": "INVESTOR", "owner": "lijing", "fate": "COMPETITOR",
     "origin": {"event": "理财博览会", "stand": "B12"}, "amount": 100000, "purpose": "定期到期"},
    {"days_before": 38, "method": "INTRODUCTION", "role": "BORROWER", "owner": "zhangqiang", "fate": "REGISTERS",
     "origin": {"introduced_how": "客户微信推荐名片"}, "amount": 50000, "purpose": "店铺扩建"},
    {"days_before": 36, "method": "CHAIN", "role": "BORROWER", "owner": "lijing", "fate": "REGISTERS",
     "origin": {"referral_code": "R8K2P", "reward": "茶叶礼盒"}, "amount": 40000, "purpose": "购车首付"},
    {"days_before": 33, "method": "PHONE", "role": "BORROWER", "owner": "zhangqiang", "fate": "CONVERTED",
     "origin": {"call_list": "十月外呼名单", "call_result": "有意向"}, "amount": 30000, "purpose": "进货周转",
     "is_neglected": True},
    {"days_before": 32, "method": "DIRECT_VISIT", "role": "BORROWER", "owner": "lijing", "fate": "CONVERTED",
     "origin": {"place": "望京花园小区", "impression": "经营早餐店，客流稳定"}, "amount": 60000, "purpose": "设备更新",
     "is_neglected": True},
    {"days_before": 30, "method": "SMS", "role": "BORROWER", "owner": "zhangqiang", "fate": "NO_NEED",
     "origin": {"campaign": "老客户唤醒 10 月"}, "amount": 10000, "purpose": "备用金"},
    {"days_before": 24, "method": "EMAIL", "role": "INVESTOR", "owner": "chenmei", "fate": "TRUST",
     "origin": {"campaign": "月度通讯 11 月"}, "amount": 50000, "purpose": "分散配置"},
    {"days_before": 21, "method": "ONLINE", "role": "BORROWER", "owner": "lijing", "fate": "NOT_ELIGIBLE",
     "origin": {"utm_source": "douyin", "utm_campaign": "short-video"}, "amount": 150000, "purpose": "大额消费",
     "partner": "anjia"},
    {"days_before": 18, "method": "CONSULTATION", "role": "INVESTOR", "owner": "lijing", "fate": "CONVERTED",
     "origin": {"enquiry": "起投金额与期限", "enquiry_channel": "客服热线"}, "amount": 120000, "purpose": "子女教育金",
     "words": "希望每月有利息到账，最好一年以内能取"},
    {"days_before": 13, "method": "ADVERTISING", "role": "INVESTOR", "owner": "zhangqiang", "fate": "QUALIFIED",
     "origin": {"medium": "社区电梯屏"}, "amount": 80000, "purpose": "定期到期再配置"},
    {"days_before": 11, "method": "ACQUAINTANCE", "role": "BORROWER", "owner": "lijing", "fate": "QUALIFIED",
     "origin": {"relation": "邻居"}, "amount": 50000, "purpose": "厨房翻新", "words": "春节前要完工"},
    {"days_before": 8, "method": "DATA", "role": "INVESTOR", "owner": "chenmei", "fate": "QUALIFIED",
     "origin": {"query_name": "到期未续客户的同事"}, "amount": 150000, "purpose": "闲置资金"},
    {"days_before": 7, "method": "CANVASSING", "role": "BORROWER", "owner": "zhangqiang", "fate": "WORKING",
     "origin": {"place": "十里河灯饰城"}, "amount": 70000, "purpose": "双十二备货", "partner": "huitong"},
    {"days_before": 6, "method": "INTRODUCTION", "role": "INVESTOR", "owner": "lijing", "fate": "WORKING",
     "origin": {"introduced_how": "老客户带到网点"}, "amount": 100000, "purpose": "养老储备"},
    {"days_before": 5, "method": "EXHIBITION", "role": "BORROWER", "owner": "chenmei", "fate": "WORKING",
     "origin": {"event": "小微企业融资对接会", "stand": "3 号台"}, "amount": 90000, "purpose": "购买设备"},
    {"days_before": 4, "method": "CHAIN", "role": "BORROWER", "owner": "lijing", "fate": "WORKING",
     "origin": {"referral_code": "R3M7T"}, "amount": 20000, "purpose": "职业培训"},
    {"days_before": 3, "method": "PHONE", "role": "INVESTOR", "owner": "zhangqiang", "fate": "NEW",
     "origin": {"call_list": "十一月外呼名单"}, "amount": 60000, "purpose": "活期替代"},
    {"days_before": 1, "method": "ONLINE", "role": "BORROWER", "owner": "lijing", "fate": "NEW",
     "origin": {"utm_source": "baidu", "utm_medium": "cpc", "utm_campaign": "year-end"}, "amount": 30000,
     "purpose": "年末周转"},
    {"days_before": 1, "method": "CONSULTATION", "role": "INVESTOR", "owner": "lijing", "fate": "NEW",
     "origin": {"enquiry": "想了解风险等级 C3 可以投什么"}, "amount": 200000, "purpose": "稳健理财"},
    {"days_before": 1, "method": "SMS", "role": "BORROWER", "owner": "chenmei", "fate": "NEW",
     "origin": {"campaign": "年末备用金"}, "amount": 15000, "purpose": "备用金"},
)  # fmt: skip
_ANSWERS = {
    "WORKING": "介绍了产品与费率，约好再联系",
    "QUALIFIED": "资料齐全，意向明确，准备推荐方案",
    "CONVERTED": "同意开户，已说明风险与费用",
    "REGISTERS": "已发送注册链接，客户自行注册",
}


@dataclass
class _Stopped:
    """Somebody who begins to register and stops: after the phone, the registration, or the identity."""

    days_before: int
    reaches: str
    source: str
    is_open_to_calls: bool = field(default=True)


_STOPPED = (
    _Stopped(26, "PHONE", "网络推广"),
    _Stopped(22, "PHONE", "网络推广"),
    _Stopped(17, "REGISTERED", "微信小程序"),
    _Stopped(15, "IDENTITY", "网络推广"),
    _Stopped(12, "PHONE", "网络推广"),
    _Stopped(9, "REGISTERED", "网络推广"),
    _Stopped(8, "REGISTERED", "线下门店", is_open_to_calls=False),
    _Stopped(6, "PHONE", "网络推广"),
    _Stopped(5, "IDENTITY", "线下门店"),
    _Stopped(3, "REGISTERED", "网络推广"),
    _Stopped(2, "PHONE", "微信小程序"),
)


def list_scenes(story: Story) -> Sequence[Scene]:
    """Return what happens to each lead when."""
    scenes = []
    for number, given in enumerate(_PLANS):
        plan = Plan(**given)
        if story.workday(plan.days_before) > story.first_day:
            scenes += _follow(plan, number)
    stops = [Scene(row.days_before, 15, 10, partial(_stop, row=row)) for row in _STOPPED]
    return [*scenes, *stops]


def _follow(plan: Plan, number: int) -> list[Scene]:
    """Return a lead's way: taken in, answered, qualified, then its end."""

    def scene(later: int, hour: int, minute: int, act: Callable[..., None]) -> Scene:
        return Scene(max(plan.days_before - later, 1), hour, minute, partial(act, plan=plan))

    taken_in = scene(0, 16 if plan.fate == "NEW" else 10, 5 + number, _take_in)
    if plan.fate == "NEW":
        return [taken_in]
    scenes = [taken_in, scene(0, 11, 5 + number, _answer)]
    if plan.fate == "WORKING":
        return scenes
    if plan.fate not in {"UNREACHABLE", "NOT_ELIGIBLE"}:
        scenes.append(scene(2, 14, number, _qualify))
    ends = {"CONVERTED": _convert, "QUALIFIED": _call_again, "REGISTERS": _wait}
    return [*scenes, scene(5, 15, number, ends.get(plan.fate, _lose))]


def _take_in(story: Story, *, plan: Plan) -> None:
    plan.person = story.next_person()
    known = story.investors(plan.owner) or [row for row in story.book(plan.owner) if row.user_id]
    introducer = known[0] if plan.method in _NEEDS_INTRODUCER else None
    partner = plan.partner if Partner.objects.filter(code=plan.partner, is_active=True).exists() else ""
    lead = leads.take_in_lead(
        intake=LeadIntake(
            method=plan.method,
            role=plan.role,
            name=plan.person.name,
            phone=plan.person.phone,
            origin=plan.origin,
            introducer_id=introducer.pk if introducer is not None else None,
            partner_code=partner,
            has_marketing_consent=True,
            need=NeedFacts(
                amount=Decimal(plan.amount),
                months=12,
                annual_rate=Decimal("0.08") if plan.role == "INVESTOR" else None,
                purpose=plan.purpose,
                text=plan.words,
            ),
        ),
        actor=story.user(plan.owner),
        now=story.world.now,
        owner_id=story.staff[plan.owner].pk,
    )
    plan.lead_id = lead.pk


def _answer(story: Story, *, plan: Plan) -> None:
    is_lost_sight = plan.fate == "UNREACHABLE"
    leads.answer_lead(
        lead_id=plan.lead_id,
        channel="CALL",
        result="NOT_REACHED" if is_lost_sight else "REACHED",
        note="三次拨打均无人接听" if is_lost_sight else f"想用于{plan.purpose}，约 {plan.amount:,} 元",
        actor=story.user(plan.owner),
        now=story.world.now,
    )
    if plan.fate == "WORKING":
        _plan_call(story, plan, f"跟进{plan.purpose}的需求，确认金额与期限", days_ahead=plan.days_before % 3)


def _qualify(story: Story, *, plan: Plan) -> None:
    if Lead.objects.get(pk=plan.lead_id).state != Lead.State.CONVERTED:
        leads.qualify_lead(lead_id=plan.lead_id, actor=story.user(plan.owner), now=story.world.now)


def _call_again(story: Story, *, plan: Plan) -> None:
    diary.record_contact(
        lead_id=plan.lead_id,
        channel="WECHAT",
        note=_ANSWERS["QUALIFIED"],
        actor=story.user(plan.owner),
        now=story.world.now,
    )
    _plan_call(story, plan, "确认方案，协助注册", days_ahead=1)


def _plan_call(story: Story, plan: Plan, purpose: str, *, days_ahead: int) -> None:
    """Plan the next call for the present or a working day after it."""
    day = add_workdays(story.last_day, days_ahead)
    diary.plan_contact(
        lead_id=plan.lead_id,
        channel="CALL",
        purpose=purpose,
        planned_at=clock.at(day, 14, 30),
        actor=story.user(plan.owner),
        now=story.world.now,
    )


def _convert(story: Story, *, plan: Plan) -> None:
    customer = leads.convert_lead(lead_id=plan.lead_id, actor=story.user(plan.owner), now=story.world.now)
    if plan.is_neglected:
        story.neglected.add(customer.pk)


def _wait(story: Story, *, plan: Plan) -> None:
    assert plan.person is not None
    story.awaited.append((story.world.today, plan.person))


def _lose(story: Story, *, plan: Plan) -> None:
    leads.lose_lead(lead_id=plan.lead_id, reason=plan.fate, actor=story.user(plan.owner), now=story.world.now)


def _stop(story: Story, *, row: _Stopped) -> None:
    """Begin to register and go no further."""
    world, person = story.world, story.next_person()
    if row.reaches == "PHONE":
        registration.ask_code(phone=person.phone, purpose="REGISTER", now=world.now)
        return
    begin = people.register if row.reaches == "IDENTITY" else people.sign_up
    customer = begin(world, person, source=row.source)
    story.neglected.add(customer.pk)
    if row.is_open_to_calls:
        registration.give_consent(
            customer=customer,
            purpose=Consent.Purpose.MARKETING,
            notice_version=people.NOTICE_VERSION,
            channel="app",
            now=world.now,
        )
