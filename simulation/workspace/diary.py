"""The working days of those who look after customers: calls, visits, notes, and what they promise."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import partial

from core import clock
from core.calendar import add_workdays
from core.models import User
from customers.models import ContactPlan, Customer, Note, Promise
from customers.operations import desk, diary
from service.models import CollectionCase
from service.operations.contacts import record_contact as record_collection_contact
from service.operations.contacts import take_promise
from simulation.workspace import papers
from simulation.workspace.story import LEAVER, MANAGERS, Scene, Story

_RESULTS = ("REACHED",) * 7 + ("NOT_REACHED", "CALL_BACK", "REACHED", "DEAL", "NOT_INTERESTED")
_SAID = {
    "REACHED": (
        "近况稳定，对还款安排没有疑问",
        "询问了下一期的还款日，已说明自动扣款规则",
        "对目前收益满意，希望有新项目时通知",
        "换了工作，收入略有提高，会补交证明",
        "想了解提前还款的费用，已发测算",
        "家里准备装修，年后可能有资金需求",
        "聊了孩子上学的开支，计划明年增加出借",
    ),
    "NOT_REACHED": ("无人接听", "电话占线，稍后再拨"),
    "CALL_BACK": ("正在开会，约好改天再谈", "不方便讲话，请下个工作日回电"),
    "DEAL": ("愿意看看新的方案，请发资料", "有意追加，请准备合同要点"),
    "NOT_INTERESTED": ("近期不考虑新的安排",),
}
# Whom nobody has spoken to for so many days gets a call, so that the pool takes back only who is forgotten.
_CARE_DAYS = 27
_LAST_OPEN = 4


def work_through(story: Story, day: date) -> None:
    """Let everybody carry out what is planned and keep what is promised, leaving some of it at the very end."""
    for name in (*MANAGERS, LEAVER):
        if story.staff[name].is_active:
            _keep_promises(story, name, day)
            _carry_out_plans(story, name, day)
            _care(story, name)


def _is_near_end(story: Story) -> bool:
    return story.world.today >= story.workday(2)


def _carry_out_plans(story: Story, name: str, day: date) -> None:
    until = clock.at(day + timedelta(days=1), 0)
    plans = ContactPlan.objects.filter(
        member=story.staff[name], state=ContactPlan.State.PLANNED, planned_at__lt=until
    ).exclude(customer_id__in=story.neglected)
    rows = list(plans.order_by("planned_at", "pk"))
    if _is_near_end(story):
        rows = rows[: max(len(rows) - _LAST_OPEN, 0)]
    for number, plan in enumerate(rows):
        _contact(story, name, number, channel=plan.channel, plan=plan)


def _care(story: Story, name: str) -> None:
    """Call the one of the book who has waited longest."""
    long_ago = story.world.now - timedelta(days=_CARE_DAYS)
    waiting = [
        row
        for row in story.book(name)
        if row.pk not in story.neglected and (row.latest_contact_at or row.owned_since or row.registered_at) < long_ago
    ]
    if waiting:
        first = min(waiting, key=lambda row: (row.latest_contact_at or row.registered_at, row.pk))
        _contact(story, name, 20, channel=story.random.choice(("WECHAT", "WECHAT", "CALL")), customer_id=first.pk)


def _contact(
    story: Story,
    name: str,
    number: int,
    *,
    channel: str,
    plan: ContactPlan | None = None,
    customer_id: int | None = None,
) -> None:
    """Make one contact at a time of its own; sometimes nobody answers, sometimes it is put off."""
    result = story.random.choice(_RESULTS)
    if channel == "WECHAT" and result == "NOT_REACHED":
        result = "REACHED"
    customer_id = plan.customer_id if plan is not None else customer_id
    now = story.at(9 + (number * 25 + 40) // 60 % 8, (number * 25 + 40) % 60)
    diary.record_contact(
        channel=channel,
        result=result,
        note=story.random.choice(_SAID[result]),
        customer_id=customer_id,
        lead_id=plan.lead_id if plan is not None and customer_id is None else None,
        promised_at=_next_afternoon(story) if result == "CALL_BACK" and customer_id is not None else None,
        place="客户公司" if channel == "VISIT" else "",
        minutes=45 if channel == "VISIT" else story.random.randint(3, 18),
        plan_id=plan.pk if plan is not None else None,
        actor=story.user(name),
        now=now,
    )
    if customer_id is not None:
        desk.note_visit(member_id=story.staff[name].pk, customer_id=customer_id, now=now)


def _next_afternoon(story: Story) -> datetime:
    return clock.at(add_workdays(story.world.today, 1), 15)


def _keep_promises(story: Story, name: str, day: date) -> None:
    """Keep what falls due; about one in ten is a day late, and the last ones stay open."""
    until = clock.at(day + timedelta(days=1), 0)
    due = Promise.objects.filter(member=story.staff[name], state=Promise.State.OPEN, due_at__lt=until).order_by("pk")
    for number, promise in enumerate(due):
        if _is_near_end(story) or (story.random.random() < 0.1 and not promise.is_late):
            continue
        if promise.is_contact:
            _contact(story, name, 5 + number, channel="CALL", customer_id=promise.customer_id)
        else:
            diary.close_promise(promise_id=promise.pk, is_kept=True, actor=story.user(name), now=story.at(16, 30))


# Days before the present, who, which customer of the book, what is promised, until how many days before, kept.
_PROMISES: tuple[tuple[int, str, int, str, int, bool | None], ...] = (
    (30, "lijing", 0, "周五前寄出纸质合同", 28, True),
    (24, "lijing", 3, "回复提前还款的违约金算法", 23, False),
    (16, "zhangqiang", 1, "协助更换还款银行卡", 14, True),
    (9, "chenmei", 2, "发送上季度收益对账单", 8, True),
    (4, "lijing", 2, "核实扣款失败的原因并回电", 1, None),
    (3, "lijing", 1, "把自动投标的设置截图发给客户", 0, None),
    (3, "zhangqiang", 0, "寄出结清证明", 1, None),
    (2, "zhangqiang", 2, "确认上门收资料的时间", 0, None),
    (2, "chenmei", 0, "给出期限更短的项目清单", 0, None),
    (1, "lijing", 4, "准备债权转让说明", -2, None),
)
_NOTES = (
    (28, "lijing", 0, Note.Kind.NOTE, "客户工作日 18 点后方便接电话，午休勿扰", True),
    (21, "lijing", 2, Note.Kind.FEEDBACK, "反映还款提醒短信太频繁，希望只留到期前一天的", False),
    (12, "lijing", 1, Note.Kind.NOTE, "计划追加 10 万，@王浩 请确认自动投标的上限能否放宽", False),
    (6, "zhangqiang", 1, Note.Kind.NOTE, "门店搬迁到十里河，经营地址待更新，@wanghao 周会上过一下", False),
    (5, "chenmei", 0, Note.Kind.FEEDBACK, "对客服答复速度很满意，点名表扬周婷", False),
    (2, "wanghao", 0, Note.Kind.NOTE, "@李静 这位客户的续投方案本周内请给我看一下", False),
)
# Days before the present, who, which customer, how, for what, when (days before the present, hour).
_PLANS = (
    (27, "lijing", 2, "CALL", "跟进首期还款体验", 25, 10),
    (18, "lijing", 4, "VISIT", "上门核实经营情况", 15, 14),
    (17, "zhangqiang", 2, "CALL", "介绍分散出借的做法", 16, 11),
    (15, "chenmei", 1, "VISIT", "送合同副本，看经营场所", 12, 15),
    (5, "lijing", 0, "VISIT", "上门送答谢礼品，了解续投意向", 0, 14),
    (4, "lijing", 5, "CALL", "核对新的通讯地址", 0, 11),
    (3, "zhangqiang", 3, "VISIT", "查看门店经营情况，补拍照片", 0, 15),
    (3, "chenmei", 3, "CALL", "说明罚息减免的申请材料", 0, 16),
    (2, "lijing", 6, "WECHAT", "发送年度账单与税务说明", -1, 10),
    (2, "zhangqiang", 4, "CALL", "确认春节前的资金安排", -2, 10),
    (2, "chenmei", 1, "VISIT", "参加客户新店开业", -3, 9),
)


def list_scenes(_story: Story) -> Sequence[Scene]:
    """Return the contacts, promises and notes that are told of by name."""
    scenes = [Scene(33, 14, 0, _visit), Scene(7, 15, 30, _visit), Scene(2, 11, 0, _collect)]
    for number, row in enumerate(_PROMISES):
        scenes.append(Scene(row[0], 11, 10 + number, partial(_promise, row=row)))
    for number, note in enumerate(_NOTES):
        scenes.append(Scene(note[0], 12, number, partial(_note, row=note)))
    for number, plan in enumerate(_PLANS):
        scenes.append(Scene(plan[0], 17, number, partial(_plan, row=plan)))
    return scenes


def _choose(story: Story, name: str, place: int) -> Customer | None:
    """Return a customer of somebody's book who has registered; a lead of a team takes one of his team."""
    rows = [row for row in story.book(name if name in MANAGERS else "lijing") if row.user_id]
    return rows[place] if place < len(rows) else None


def _promise(story: Story, *, row: tuple[int, str, int, str, int, bool | None]) -> None:
    _days, name, place, text, due, is_kept = row
    customer = _choose(story, name, place)
    if customer is None:
        return
    due_at = clock.at(story.workday(due) if due > 0 else add_workdays(story.last_day, -due), 17)
    promise = diary.make_promise(
        customer_id=customer.pk, text=text, due_at=due_at, actor=story.user(name), now=story.world.now
    )
    if is_kept is False:
        diary.close_promise(promise_id=promise.pk, is_kept=False, actor=story.user(name), now=story.at(17, 30))


def _note(story: Story, *, row: tuple[int, str, int, str, str, bool]) -> None:
    _days, name, place, kind, text, is_pinned = row
    customer = _choose(story, name, place)
    if customer is not None:
        diary.add_note(
            customer_id=customer.pk,
            text=text,
            kind=kind,
            is_pinned=is_pinned,
            actor=story.user(name),
            now=story.world.now,
        )


def _plan(story: Story, *, row: tuple[int, str, int, str, str, int, int]) -> None:
    _days, name, place, channel, purpose, due, hour = row
    customer = _choose(story, name, place)
    if customer is not None:
        # Around holidays many days before the present fall on one working day.
        day = (
            max(story.workday(due), add_workdays(story.world.today, 1))
            if due > 0
            else add_workdays(story.last_day, -due)
        )
        diary.plan_contact(
            customer_id=customer.pk,
            channel=channel,
            purpose=purpose,
            planned_at=clock.at(day, hour),
            actor=story.user(name),
            now=story.world.now,
        )


def _visit(story: Story) -> None:
    """Visit somebody, with place and photo."""
    for name in ("lijing", "zhangqiang"):
        customer = _choose(story, name, 1)
        if customer is None:
            continue
        diary.record_contact(
            customer_id=customer.pk,
            channel="VISIT",
            result="REACHED",
            note="店内客流稳定，库存充足，拍照留存",
            place="北京市朝阳区建国路 88 号底商",
            photo=papers.draw_picture(f"{customer.name} 门店外景", str(story.world.today)),
            minutes=50,
            actor=story.user(name),
            now=story.world.now,
        )


def _collect(story: Story) -> None:
    """Call the debtors whose cases are open, and take down what one of them promises."""
    cases = CollectionCase.objects.filter(state="OPEN", is_on_hold=False, assignee__is_active=True).select_related(
        "assignee__user"
    )
    for number, case in enumerate(cases.order_by("pk")):
        assert case.assignee is not None
        actor: User = case.assignee.user
        record_collection_contact(
            case_id=case.pk,
            channel="CALL",
            outcome="REACHED",
            note="客户称货款未到账，承诺尽快还款",
            actor=actor,
            now=story.world.now,
        )
        if not number:
            take_promise(
                case_id=case.pk,
                amount=case.overdue_amount,
                promised_date=story.last_day + timedelta(days=3),
                actor=actor,
                now=story.world.now,
                business_date=story.world.today,
            )
