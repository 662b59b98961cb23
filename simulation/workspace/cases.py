"""Cases that pass between the four departments, each with its clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from customers.models import Customer
from service.models import DepartmentCase
from service.operations.department_cases import (
    answer_department_case,
    close_department_case,
    open_department_case,
    pass_department_case,
    take_department_case,
)
from simulation.workspace.story import Scene, Story


@dataclass
class Plot:
    """A case: who asks which department what about which customer, and what happens later (days before, act, who, text)."""

    days_before: int
    asker: str
    asked: str
    customer_of: str
    place: int
    title: str
    text: str
    acts: tuple[tuple[int, str, str, str], ...] = ()
    is_urgent: bool = False
    is_complaint: bool = False
    case_id: int = 0


def _plots() -> list[Plot]:
    return [
        Plot(26, "lijing", "zhaomin", "lijing", 1, "额度能否上调", "客户收入上涨，已补交证明，请复核额度。",
             ((26, "take", "zhaomin", ""), (25, "answer", "zhaomin", "可上调至 6 万，需补近三月流水。"),
              (24, "close", "lijing", "已通知客户补件"))),
        Plot(17, "zhouting", "lijing", "lijing", 0, "客户来电要求更换还款日", "热线来电，希望还款日改到发薪日之后。",
             ((17, "take", "lijing", ""), (16, "answer", "lijing", "已说明产品不支持改期，客户同意开通提醒。"),
              (15, "close", "zhouting", "已回访，客户满意"))),
        Plot(11, "liuyang", "lijing", "lijing", 3, "核对通讯地址", "问卷与登记地址不一致，请与客户确认。",
             ((10, "take", "lijing", ""), (9, "answer", "lijing", "以登记地址为准，问卷填的是公司地址。"))),
        Plot(8, "zhangqiang", "zhouting", "zhangqiang", 1, "扣款短信没有收到", "客户两期未收到扣款提醒，请查发送记录。",
             ((8, "take", "zhouting", ""), (7, "pass", "zhouting", "发送失败，号码疑似变更，请数据部核对。"),
              (6, "take", "liuyang", ""))),
        Plot(6, "zhaomin", "chenmei", "chenmei", 1, "补充经营流水", "复审需要最近六个月对公流水。", (), is_urgent=True),
        Plot(5, "chenmei", "zhaomin", "chenmei", 2, "征信异议说明", "客户称征信上的逾期是银行误报，附说明。"),
        Plot(4, "zhangqiang", "liuyang", "zhangqiang", 0, "疑似重复档案", "同名同生日的两条记录，请核对是否同一人。",
             ((3, "take", "liuyang", ""),)),
        Plot(2, "zhouting", "lijing", "lijing", 2, "客户投诉催收语气", "请客户经理今天回电安抚并反馈。",
             ((2, "take", "lijing", ""),), is_urgent=True, is_complaint=True),
        Plot(1, "lijing", "zhouting", "lijing", 4, "开具利息收入证明", "客户报税用，请邮寄纸质版。",
             ((1, "take", "zhouting", ""),)),
    ]  # fmt: skip


def list_scenes(_story: Story) -> Sequence[Scene]:
    """Return when each case is asked and worked on."""
    scenes = []
    for number, plot in enumerate(_plots()):
        scenes.append(Scene(plot.days_before, 10, number, partial(_open, plot=plot)))
        # Each act an hour after the one before, because around holidays several days fall on one.
        for place, (day, act, who, text) in enumerate(plot.acts):
            scenes.append(Scene(day, 13 + place, 5 * number, partial(_act, plot=plot, act=act, who=who, text=text)))
    return scenes


def _open(story: Story, *, plot: Plot) -> None:
    rows = [row for row in story.book(plot.customer_of) if row.user_id]
    customer: Customer | None = rows[plot.place] if plot.place < len(rows) else None
    if customer is None:
        return
    case = open_department_case(
        title=plot.title,
        text=plot.text,
        department_id=story.staff[plot.asked].department_id,
        customer_id=customer.pk,
        is_urgent=plot.is_urgent,
        is_complaint=plot.is_complaint,
        actor=story.user(plot.asker),
        now=story.world.now,
    )
    plot.case_id = case.pk


def _act(story: Story, *, plot: Plot, act: str, who: str, text: str) -> None:
    if not plot.case_id or DepartmentCase.objects.get(pk=plot.case_id).state == DepartmentCase.State.CLOSED:
        return
    actor, now = story.user(who), story.world.now
    if act == "take":
        take_department_case(case_id=plot.case_id, actor=actor, now=now)
    elif act == "pass":
        department_id = story.staff["liuyang"].department_id
        pass_department_case(case_id=plot.case_id, department_id=department_id, text=text, actor=actor, now=now)
    elif act == "answer":
        answer_department_case(case_id=plot.case_id, text=text, actor=actor, now=now)
    else:
        close_department_case(case_id=plot.case_id, text=text, actor=actor, now=now)
