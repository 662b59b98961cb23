"""Deals in the making: needs, opportunities and their way over the board."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import partial

from customers.models import Customer, Lead, Opportunity
from customers.operations.needs import NeedFacts, record_need
from customers.operations.opportunities import move_stage, open_opportunity
from simulation.workspace.story import Scene, Story


@dataclass
class Deal:
    """An opportunity with the days on which it moves on, and the reason if it is lost."""

    days_before: int
    rm: str
    role: str
    place: int
    title: str
    amount: int
    moves: tuple[tuple[int, str], ...] = ()
    lost_reason: str = ""
    words: str = ""
    row_id: int = 0


def _deals() -> list[Deal]:
    return [
        Deal(40, "lijing", "INVESTOR", 0, "到期资金续投 8 万元", 80000, ((36, "PROPOSED"), (30, "APPLYING"), (26, "WON")),
             words="上一笔到期后想继续，期限短一些"),
        Deal(35, "lijing", "BORROWER", 0, "店铺二期装修贷", 50000, ((31, "PROPOSED"), (24, "LOST")), "PRICE"),
        Deal(22, "lijing", "INVESTOR", 1, "年终奖配置 10 万元", 100000, ((17, "PROPOSED"), (6, "APPLYING")),
             words="年终奖月底发，想分散在三个项目"),
        Deal(19, "lijing", "BORROWER", 1, "置换高息信用卡分期", 30000, ((14, "PROPOSED"),)),
        Deal(9, "lijing", "INVESTOR", 2, "自动投标计划 5 万元", 50000, ((4, "PROPOSED"),)),
        Deal(3, "lijing", "BORROWER", 2, "春节备货周转贷", 40000, (), words="腊月前要备货，两个月能还清"),
        Deal(34, "zhangqiang", "BORROWER", 0, "设备更新贷", 90000, ((30, "PROPOSED"), (25, "APPLYING"), (20, "LOST")),
             "COMPETITOR"),
        Deal(20, "zhangqiang", "INVESTOR", 0, "追加出借 6 万元", 60000, ((16, "PROPOSED"), (10, "APPLYING"), (5, "WON"))),
        Deal(12, "zhangqiang", "INVESTOR", 1, "稳健组合 15 万元", 150000, ((7, "PROPOSED"),)),
        Deal(5, "zhangqiang", "BORROWER", 1, "门店扩租周转", 60000, ((2, "APPLYING"),)),
        Deal(33, "chenmei", "INVESTOR", 0, "闲置资金 20 万元", 200000, ((28, "PROPOSED"), (21, "APPLYING"), (15, "WON"))),
        Deal(25, "chenmei", "BORROWER", 0, "子女留学费用", 80000, ((19, "PROPOSED"), (11, "LOST")), "NO_NEED"),
        Deal(10, "chenmei", "BORROWER", 1, "进修学费分期", 20000, ((6, "PROPOSED"), (2, "APPLYING"))),
        Deal(4, "chenmei", "INVESTOR", 1, "三个月短期项目 3 万元", 30000),
    ]  # fmt: skip


def list_scenes(_story: Story) -> Sequence[Scene]:
    """Return when each deal opens and moves."""
    scenes = []
    for number, deal in enumerate(_deals()):
        scenes.append(Scene(deal.days_before, 10, 30 + number, partial(_open, deal=deal)))
        scenes += [Scene(day, 16, 20 + number, partial(_move, deal=deal, stage=stage)) for day, stage in deal.moves]
    return scenes


def _open(story: Story, *, deal: Deal) -> None:
    chosen = story.investors(deal.rm) if deal.role == "INVESTOR" else story.borrowers(deal.rm)
    if len(chosen) <= deal.place:
        return
    customer = chosen[deal.place]
    need = record_need(
        role=deal.role,
        need=NeedFacts(amount=Decimal(deal.amount), months=6, purpose=deal.title, text=deal.words),
        actor=story.user(deal.rm),
        now=story.world.now,
        customer_id=customer.pk,
    )
    row = open_opportunity(
        customer_id=customer.pk,
        role=deal.role,
        title=deal.title,
        amount=Decimal(deal.amount),
        actor=story.user(deal.rm),
        now=story.world.now,
        need_id=need.pk,
        expected_date=story.workday(-21),
    )
    deal.row_id = row.pk


def _move(story: Story, *, deal: Deal, stage: str) -> None:
    if not deal.row_id:
        return
    # A loan that was paid out in the meantime has won what was being applied for.
    if Opportunity.objects.get(pk=deal.row_id).stage in {stage, "WON"}:
        return
    move_stage(
        opportunity_id=deal.row_id,
        stage=stage,
        lost_reason=deal.lost_reason if stage == "LOST" else "",
        actor=story.user(deal.rm),
        now=story.world.now,
    )


def welcome(story: Story, customer: Customer) -> None:
    """Open the deal that a lead who has registered came for; the loan that is paid out wins it."""
    lead = Lead.objects.filter(customer=customer, role="BORROWER").select_related("owner__user").first()
    need = lead.needs.first() if lead is not None else None
    if lead is None or lead.owner is None or need is None or need.amount is None:
        return
    row = open_opportunity(
        customer_id=customer.pk,
        role="BORROWER",
        title=f"{need.purpose}贷款",
        amount=need.amount,
        actor=lead.owner.user,
        now=story.world.now,
        need_id=need.pk,
        expected_date=story.world.today + timedelta(days=14),
    )
    move_stage(opportunity_id=row.pk, stage="APPLYING", actor=lead.owner.user, now=story.world.now)
