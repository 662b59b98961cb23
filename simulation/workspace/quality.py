"""The data department: a file that comes in, rows to mend, doubles to judge, lists that go out."""

from collections.abc import Sequence

from customers.models import Customer, DuplicatePair, ImportJob, OwnerChange, Pool, QuarantinedRow
from customers.operations import intake, merging, ownership
from customers.operations.exports import start_export
from simulation.workspace.story import Scene, Story

_HEAD = "姓名,手机号,出生日期,性别,地址,类型,备注"
_SOURCE = "秋季理财博览会"


def list_scenes(_story: Story) -> Sequence[Scene]:
    """Return when data comes, is mended and goes."""
    return [
        Scene(18, 10, 10, _bring_in),
        Scene(17, 9, 40, _mend),
        Scene(15, 11, 20, _judge_doubles),
        Scene(14, 10, 10, _distribute),
        Scene(10, 16, 50, _take_out),
    ]


def _twins(story: Story) -> list[Customer]:
    """Return people who are in the book already and stand in the file under another number."""
    known = [row for name in ("lijing", "zhangqiang", "chenmei") for row in story.book(name)[:2]]
    return [row for row in known if row.birth_date is not None][:4]


def _another_number(phone: str) -> str:
    """Return a number that ends alike."""
    return f"{'137' if phone[:3] != '137' else '151'}0{phone[4:]}"


def _bring_in(story: Story) -> None:
    """Import a file from a fair: new people, some who are known under another number, some rows that cannot be right."""
    rows = []
    for _number in range(4):
        person = story.next_person()
        rows.append(f"{person.name},{person.phone},,,{person.address},出借人,展会现场登记")
    for twin in _twins(story):
        sex = "男" if twin.sex == "M" else "女"
        rows.append(f"{twin.name},{_another_number(twin.phone)},{twin.birth_date},{sex},,借款人,展会现场登记")
    wrong = story.next_person()
    rows += [
        f"{wrong.name},{wrong.phone[:-1]},,,{wrong.address},出借人,号码少一位",
        f",{story.next_person().phone},,,,借款人,未留姓名",
        "测试,13800000000,2031-01-01,男,,,试填",
    ]
    actor, now = story.user("liuyang"), story.world.now
    job = intake.upload_import(
        source=_SOURCE,
        file_name="秋季理财博览会登记表.csv",
        raw="\n".join([_HEAD, *rows]).encode(),
        actor=actor,
        now=now,
    )
    for is_trial in (True, False):
        intake.start_import(
            job_id=job.pk,
            mapping=job.mapping,
            is_dry_run=is_trial,
            actor=actor,
            now=now,
            placing=ImportJob.Placing.NOBODY,
        )
        intake.run_import(job_id=job.pk, read_now=lambda: now)


def _mend(story: Story) -> None:
    """Mend one row after a call; the others wait."""
    row = QuarantinedRow.objects.filter(state=QuarantinedRow.State.OPEN).order_by("line").first()
    if row is None:
        return
    intake.mend_row(
        row_id=row.pk, texts={"phone": story.next_person().phone}, actor=story.user("liuyang"), now=story.world.now
    )


def _judge_doubles(story: Story) -> None:
    """Merge one pair, keep another apart, leave the rest to be judged."""
    pairs = list(DuplicatePair.objects.filter(state=DuplicatePair.State.OPEN).order_by("pk")[:2])
    actor, now = story.user("liuyang"), story.world.now
    for pair in pairs[:1]:
        merging.merge_customers(kept_id=pair.first_id, merged_id=pair.second_id, choices={}, actor=actor, now=now)
    for pair in pairs[1:]:
        merging.dismiss_pair(pair_id=pair.pk, actor=actor, now=now)


def _distribute(story: Story) -> None:
    """Give whom the file brought to colleagues; two stay in the pool for whoever is quick."""
    job = ImportJob.objects.filter(state=ImportJob.State.DONE).first()
    pool = Pool.objects.filter(is_active=True).first()
    if job is None or pool is None:
        return
    waiting = Customer.objects.filter(
        imports__job=job, rm__isnull=True, pool__isnull=True, merged_into__isnull=True
    ).order_by("pk")
    ids = list(waiting.values_list("pk", flat=True))
    targets = ((ids[:2], None), (ids[2:4], "lijing"), (ids[4:6], "chenmei"), (ids[6:], "zhangqiang"))
    for part, name in targets:
        if part:
            ownership.change_owner(
                customer_ids=part,
                new_member_id=story.staff[name].pk if name else None,
                pool_id=None if name else pool.pk,
                reason=OwnerChange.Reason.BULK,
                note="展会名单分配",
                actor=story.user("xugang"),
                now=story.world.now,
            )
            # They were not met yet: the planner asks for a first call, which is left to be made.
            story.neglected.update(part)


def _take_out(story: Story) -> None:
    """Export two masked lists."""
    for name, columns in (
        ("lijing", ["name", "stage", "outstanding"]),
        ("liuyang", ["name", "source", "completeness"]),
    ):
        count = len(story.book(name)) or Customer.objects.filter(merged_into__isnull=True).count()
        start_export(actor=story.user(name), columns=columns, filters={}, count=count, now=story.world.now)
