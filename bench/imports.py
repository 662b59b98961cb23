"""Rows a second of an import of 100 000 customers, beside COPY of the same rows into the same table with its indexes.

The import reads the file, validates, looks for known people, encrypts, computes the grams of names, keeps claims and
timeline. Nine tenths of the rows are about people who are new, one tenth about known ones.
`memory` is what the process of the import had at most.

    DATABASE_URL=postgresql://… python -m bench.imports
"""

import io
import os
import random
import resource
import time
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.support import call_apart, own_database, report, set_up

ROWS = int(os.environ.get("BENCH_IMPORT_ROWS", "100000"))
KNOWN = ROWS // 10
TARGET_RATIO = 0.08
TARGET_MEGABYTES = 300
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
_GIVEN = (
    "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂小晓文华建国志红玉春海燕云飞龙梅子轩宇浩然欣怡雨涵梓晨嘉豪俊博"
)


def _make_file() -> bytes:
    """Return a CSV of people who do not exist."""
    from customers.rules.identity import citizen_check_digit

    chance = random.Random(7)
    lines = ["姓名,手机号,身份证号,地址,邮箱,备注"]
    for n in range(ROWS):
        name = chance.choice(_SURNAMES) + chance.choice(_GIVEN) + chance.choice(_GIVEN)
        first = f"110105{1960 + n % 40}{1 + n // 40 % 12:02d}{1 + n // 480 % 28:02d}{n // 13_440:03d}"
        number = first + citizen_check_digit(first) if n % 3 == 0 else ""
        lines.append(f"{name},139{n:08d},{number},北京市朝阳区建国路{n % 999}号{n % 30}室,u{n}@example.com,喜欢骑行")
    return "\r\n".join(lines).encode()


def prepare(url: str, file: Path) -> None:
    """Make the tables, the file, and a book that holds a tenth of its people: none of it is the import's memory."""
    set_up(url)
    from django.core.management import call_command

    from core.models import User
    from customers.operations.intake import Incoming, take_in

    call_command("migrate", verbosity=0)
    file.write_bytes(_make_file())
    actor = User.objects.create(username="bench-import", kind=User.Kind.STAFF)
    known = [Incoming(n, {"name": "王小明", "phone": f"139{n:08d}"}) for n in range(KNOWN)]
    take_in(rows=known, source="RM", actor=actor, now=_now())


def measure(url: str, file: Path) -> dict[str, Any]:
    """Import the file and return figures."""
    set_up(url)
    from core.models import User
    from customers.models import Customer
    from customers.operations.intake import run_import, start_import, upload_import

    now = _now()
    actor = User.objects.get(username="bench-import")
    started = time.monotonic()
    job = upload_import(source="bench", file_name="bench.csv", raw=file.read_bytes(), actor=actor, now=now)
    start_import(job_id=job.pk, mapping=job.mapping, is_dry_run=False, actor=actor, now=now)
    run_import(job_id=job.pk, read_now=lambda: now)
    seconds = time.monotonic() - started
    job.refresh_from_db()
    assert (job.created + job.updated + job.quarantined, job.updated) == (ROWS, KNOWN), vars(job)
    assert Customer.objects.count() == KNOWN + job.created
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"rate": ROWS / seconds, "memory": peak, "created": job.created, "quarantined": job.quarantined}


def _now() -> datetime:
    from core import clock

    return clock.at(date(2026, 3, 2), 10)


def measure_copy(url: str) -> float:
    """Return COPY's rows a second: the imported rows out and into a table of the same columns and indexes."""
    set_up(url)
    from django.db import connection

    rows = io.StringIO()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM customers_customer")
        total = cursor.fetchone()[0]
        cursor.copy_expert("COPY customers_customer TO STDOUT", rows)
        cursor.execute("CREATE TABLE bench_customer (LIKE customers_customer INCLUDING ALL)")
        rows.seek(0)
        started = time.monotonic()
        cursor.copy_expert("COPY bench_customer FROM STDIN", rows)
        return float(total / (time.monotonic() - started))


def main() -> None:
    """Print the figures."""
    with own_database("imports") as url, TemporaryDirectory() as directory:
        file = Path(directory) / "people.csv"
        call_apart(prepare, url, file)
        figures = call_apart(measure, url, file)
        copied = call_apart(measure_copy, url)
    ratio = figures["rate"] / copied
    report(
        "imports.rows_per_second",
        value=figures["rate"],
        denominator=copied,
        ratio=ratio,
        target=TARGET_RATIO,
        met=ratio >= TARGET_RATIO,
        rows=ROWS,
        created=figures["created"],
        quarantined=figures["quarantined"],
    )
    report(
        "imports.memory_megabytes",
        value=figures["memory"],
        target=TARGET_MEGABYTES,
        met=figures["memory"] < TARGET_MEGABYTES,
    )


if __name__ == "__main__":
    main()
