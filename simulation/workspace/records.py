"""What is known about customers beside their dealings: relations, purses, papers, statements of several sources."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from core import clock
from customers.models import Document, OwnerChange, Relation
from customers.operations import bulk, documents, facts, ownership, relations
from customers.operations.intake.company import create_company
from lending.models import Loan
from simulation.workspace import papers
from simulation.workspace.story import MANAGERS, Scene, Story

_INTERESTS = (["理财", "旅行"], ["汽车"], ["亲子教育", "阅读"], ["健身", "美食"], ["摄影"])
_LIKES = ("喝普洱，不抽烟", "喜欢篮球，常约周末", "偏好微信沟通，不喜电话", "关注养老规划", "")
_GIFTS = ("茶叶", "图书", "健身卡")


def list_scenes(_story: Story) -> Sequence[Scene]:
    """Return when what becomes known."""
    return [
        Scene(37, 10, 50, _tell_preferences),
        Scene(34, 11, 40, _relate),
        Scene(33, 10, 20, _found_firm),
        Scene(31, 10, 20, _file_papers),
        Scene(23, 9, 50, _hear_other_sources),
        Scene(14, 16, 40, _set_for_many),
    ]


def _tell_preferences(story: Story) -> None:
    for name in MANAGERS:
        for number, customer in enumerate(row for row in story.book(name)[:7] if row.user_id):
            values: dict[str, object] = {
                "interests": _INTERESTS[number % len(_INTERESTS)],
                "liquidity_need": ("LOW", "MIDDLE", "HIGH")[number % 3],
                "custom.gift": _GIFTS[number % len(_GIFTS)],
                "custom.family-size": 2 + number % 4,
            }
            if likes := _LIKES[number % len(_LIKES)]:
                values["likes"] = likes
            facts.set_facts(
                customer_id=customer.pk, values=values, source="RM", actor=story.user(name), now=story.world.now
            )


def _relate(story: Story) -> None:
    """Put two couples into households, write who guarantees for whom, who introduced and employs whom."""
    for name in ("lijing", "zhangqiang"):
        book = [row for row in story.book(name) if row.user_id]
        if len(book) < 5:
            continue
        actor, now = story.user(name), story.world.now
        first, *others = book
        spouse = next((row for row in others if row.sex != first.sex), others[0])
        friend, one_more, introduced = [row for row in others if row != spouse][:3]
        pairs = (
            (first, spouse, Relation.Kind.SPOUSE, None, "共同居住，开支由女方管理"),
            (friend, one_more, Relation.Kind.FRIEND, None, "同一小区"),
            (friend, introduced, Relation.Kind.INTRODUCER, None, "2025 年介绍"),
        )
        for one, other, kind, amount, note in pairs:
            relations.add_relation(
                customer_id=one.pk,
                other_id=other.pk,
                kind=kind,
                amount=amount,
                note=note,
                source="RM",
                actor=actor,
                now=now,
            )
        relations.form_household(
            name=f"{first.name[0]}{spouse.name[0]}家庭", customer_ids=[first.pk, spouse.pk], actor=actor, now=now
        )
        _guarantee(story, name)


def _found_firm(story: Story) -> None:
    """Enter the firm of a customer, who owns it."""
    owners = story.borrowers("lijing") or story.investors("lijing")
    if not owners:
        return
    actor, now = story.user("lijing"), story.world.now
    firm = create_company(
        fields={
            "name": "家常菜餐饮管理有限公司",
            "identity_number": "91310105MA3FC5X80K",
            "phone": story.next_person().phone,
            "legal_representative": owners[0].name,
            "contact_person": owners[0].name,
        },
        source="客户经理走访",
        actor=actor,
        now=now,
    )
    story.world.settle()
    firm.refresh_from_db()
    if firm.rm_id != story.staff["lijing"].pk:
        ownership.change_owner(
            customer_ids=[firm.pk],
            new_member_id=story.staff["lijing"].pk,
            pool_id=None,
            reason=OwnerChange.Reason.ASSIGNED,
            note="与法定代表人同一客户经理",
            actor=story.user("wanghao"),
            now=story.world.now,
        )
    relations.add_relation(
        customer_id=owners[0].pk,
        other_id=firm.pk,
        kind=Relation.Kind.OWNER,
        amount=None,
        note="法定代表人，持股 80%",
        source="RM",
        actor=actor,
        now=story.world.now,
    )
    documents.upload_document(
        customer_id=firm.pk,
        kind=Document.Kind.LICENCE,
        title="营业执照照片",
        content=papers.draw_picture(firm.name, str(story.world.today)),
        valid_until_date=None,
        actor=actor,
        now=story.world.now,
    )


def _guarantee(story: Story, name: str) -> None:
    """Let an investor answer for the running loan of a borrower in the same book."""
    loan = Loan.objects.filter(borrower__in=story.borrowers(name), state=Loan.State.ACTIVE).order_by("pk").first()
    investors = story.investors(name)
    if loan is None or not investors:
        return
    relations.add_relation(
        customer_id=investors[-1].pk,
        other_id=loan.borrower_id,
        kind=Relation.Kind.GUARANTOR,
        amount=(loan.principal / 2).quantize(Decimal("0.01")),
        note="连带责任保证，已当面核实",
        source="RM",
        actor=story.user(name),
        now=story.world.now,
    )


def _file_papers(story: Story) -> None:
    day = story.world.today
    for name in MANAGERS:
        rows = [row for row in story.book(name) if row.user_id][:2]
        for number, customer in enumerate(rows):
            profile = customer.financials.order_by("-pk").first()
            employer = profile.employer if profile is not None and profile.employer else "本单位"
            if number:
                kind, title, valid = Document.Kind.ASSET, "房产信息摘要", None
                text = "房屋坐落、面积与权属状况由客户提供，客户经理已当面核对原件。"
            else:
                kind, title, valid = Document.Kind.INCOME, "在职与收入证明", day + timedelta(days=180)
                text = f"兹证明 {customer.name} 为我单位在职员工，收入按月发放，情况属实。"
            documents.upload_document(
                customer_id=customer.pk,
                kind=kind,
                title=title,
                content=papers.print_paper(title, text, f"{employer}\n{day}"),
                valid_until_date=valid,
                actor=story.user(name),
                now=story.world.now,
            )


def _hear_other_sources(story: Story) -> None:
    """Take down what a partner and a survey say; some of it contradicts what is known."""
    for name in MANAGERS:
        known = [row for row in story.book(name) if row.user_id][:4]
        for number, customer in enumerate(known):
            said: dict[str, object] = {"employer": ("东方商贸有限公司", "顺达物流有限公司")[number % 2]}
            if number == 0:
                said = {"address": "北京市海淀区中关村大街 27 号 1201 室", "employer": "自由职业"}
            if number == 3:
                said = {"occupation": "项目经理", "employment_years": 9}
            facts.set_facts(
                customer_id=customer.pk,
                values=said,
                source="PARTNER:汇通财税" if number % 2 else "SURVEY:2026 秋季问卷",
                actor=None,
                now=story.world.now,
            )


def _set_for_many(story: Story) -> None:
    """Note for a part of a book who comes to the client evening, and ask each RM to invite them."""
    ids = [row.pk for row in story.book("lijing")[:5]]
    actor, now = story.user("lijing"), story.world.now
    bulk.set_custom_field(customer_ids=ids, code="salon", value=True, actor=actor, now=now)
    bulk.raise_tasks(
        customer_ids=ids[:2],
        text="邀请参加 12 月客户沙龙",
        due_at=clock.at(story.last_day, 18),
        assignee_id=story.staff["lijing"].pk,
        actor=actor,
        now=now,
    )
