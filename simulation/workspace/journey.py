"""The steps of the relationship process: made mostly in time, some late, put right, and one of them changed."""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial

from core.calendar import add_workdays
from customers.models import CorrectiveAction, ProcessStep, StepRun
from customers.operations import diary, process
from simulation.workspace.story import LEAVER, MANAGERS, Scene, Story
from staff.operations import ask_change, decide_change

_SAID = {
    "first-call": "介绍了平台与存管安排，客户已记下联系方式",
    "needs": "了解了资金用途、期限与预算，已介绍适合的产品",
    "after-deal": "确认首单顺利到账，说明了还款日与自动扣款",
    "first-review": "回顾首月体验，总体满意，约定每月联系一次",
}
# Who calls late how often; 陈梅 does better once the corrective action is closed.
_LATE_SHARES = {"lijing": 0.05, "zhangqiang": 0.25, "chenmei": 0.7, LEAVER: 0.4}
_BETTER_FROM_DAYS = 24
_BETTER_SHARE = 0.08
_LEFT_OUT_SHARE = 0.03
_GIVEN_UP_AFTER = timedelta(days=3)
_A_DAY = 8
_LAST_OPEN = 2


def walk_on(story: Story, day: date) -> None:
    """Let everybody make the calls that are due, and give up what a customer does not do by himself."""
    for name in (*MANAGERS, LEAVER):
        if story.staff[name].is_active:
            _call(story, name, day)
            _give_up(story, name, day)


def _open_runs(story: Story, name: str) -> list[StepRun]:
    rows = StepRun.objects.filter(customer__rm=story.staff[name], state=StepRun.State.OPEN)
    rows = rows.exclude(customer_id__in=story.neglected).select_related("step")
    return list(rows.order_by("due_date", "customer_id", "step__place"))


def _call(story: Story, name: str, day: date) -> None:
    until = add_workdays(day, 1)
    due = [
        run
        for run in _open_runs(story, name)
        if run.step.proof == ProcessStep.Proof.CONTACT and run.opens_date <= day and run.due_date <= until
    ]
    if day >= story.workday(2):
        due = due[: max(len(due) - _LAST_OPEN, 0)]
    is_better = name == "chenmei" and day >= story.workday(_BETTER_FROM_DAYS)
    late_share = _BETTER_SHARE if is_better else _LATE_SHARES[name]
    called: set[int] = set()
    for number, run in enumerate(due[:_A_DAY]):
        if run.customer_id in called:
            continue
        if story.random.random() < _LEFT_OUT_SHARE:
            _settle(story, name, run, "客户要求只用微信联系")
            continue
        # Put off until it is late, a few days at most.
        if run.due_date >= day - timedelta(days=2) and story.random.random() < late_share:
            continue
        called.add(run.customer_id)
        diary.record_contact(
            customer_id=run.customer_id,
            channel="CALL",
            result="REACHED",
            note=_SAID.get(run.code, "按流程联系"),
            minutes=story.random.randint(4, 15),
            actor=story.user(name),
            now=story.at(10 + number, 35),
        )


def _give_up(story: Story, name: str, day: date) -> None:
    """Leave out what has been late for long and only the customer could do."""
    for run in _open_runs(story, name):
        if run.step.proof != ProcessStep.Proof.CONTACT and run.due_date + _GIVEN_UP_AFTER < day:
            _settle(story, name, run, "已多次提醒，客户暂不办理")


def _settle(story: Story, name: str, run: StepRun, reason: str) -> None:
    process.settle_step(run_id=run.pk, is_done=False, reason=reason, actor=story.user(name), now=story.at(16, 50))


# Days before the present: opened, due, closed (None: open to the end); who opens, whose steps, step; the rest in words.
_ACTIONS: tuple[tuple[int, int, int | None, str, str, str, str, str, str], ...] = (
    (35, 22, _BETTER_FROM_DAYS, "xugang", "chenmei", "first-call", "首次致电近一半逾期，客户先打了客服热线",
     "每天 9 点先致电前一日注册的客户，主管抽查名单", "连续两周按时，已纳入晨会"),
    (12, 3, None, "wanghao", "zhangqiang", "needs", "了解需求一步常拖到第十天以后",
     "周二、周四下午固定两小时做需求访谈", ""),
    (4, -3, None, "xugang", "chenmei", "first-review", "首月评估只有电话，没有记录改进意见",
     "按评估提纲记录两条改进意见", ""),
)  # fmt: skip


def list_scenes(_story: Story) -> Sequence[Scene]:
    """Return when actions are opened and closed, and when a step is changed."""
    scenes = [Scene(18, 9, 40, _change_step)]
    for row in _ACTIONS:
        scenes.append(Scene(row[0], 9, 15, partial(_open, row=row)))
        if row[2] is not None:
            scenes.append(Scene(row[2], 17, 40, partial(_close, row=row)))
    return scenes


def _open(story: Story, *, row: tuple[int, int, int | None, str, str, str, str, str, str]) -> None:
    _opened, due, _closed, actor, owner, code, wrong, remedy, _result = row
    process.open_action(
        wrong=wrong,
        remedy=remedy,
        kpi=CorrectiveAction.Kpi.ON_TIME,
        owner_id=story.staff[owner].pk,
        member_id=story.staff[owner].pk,
        due_date=max(story.workday(due), story.world.today) if due > 0 else story.last_day - timedelta(days=due),
        step_code=code,
        actor=story.user(actor),
        now=story.world.now,
    )


def _close(story: Story, *, row: tuple[int, int, int | None, str, str, str, str, str, str]) -> None:
    for action in CorrectiveAction.objects.filter(wrong=row[6], state=CorrectiveAction.State.OPEN):
        process.close_action(
            action_id=action.pk, is_done=True, result=row[8], actor=story.user(row[4]), now=story.world.now
        )


def _change_step(story: Story) -> None:
    """Ask for the needs a day earlier: operations draw it up, management agrees."""
    step = ProcessStep.objects.get(code="needs", is_active=True)
    approval = ask_change(
        target=step,
        values={"due_workdays": 6},
        reason="需求了解越早，首单转化越高",
        actor=story.user("wuyan"),
        now=story.world.now,
    )
    decide_change(
        approval_id=approval.pk, is_approved=True, note="同意试行", actor=story.user("xugang"), now=story.world.now
    )
