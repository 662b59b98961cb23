"""A file comes in: kept encrypted, looked at, mapped, then tried or carried out."""

import base64
import zlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import islice

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit
from core.errors import BusinessError, InvalidInput, NotFound
from core.fields import decrypt, encrypt
from core.models import User
from customers.models import ImportJob, Pool
from customers.queries.pools import list_import_pools
from customers.rules.intake import FIELDS, guess_mapping
from customers.rules.sources import LONGEST
from customers.rules.tables import UnreadableTable, read_rows
from staff import rights
from staff.queries import access_right

FILE_FAULTS = {
    "EMPTY": _("The file holds no rows."),
    "TOO_LARGE": _("The file is larger than 20 MB, or unfolds to far more than a list of customers."),
    "ENCODING": _("The file is in no encoding that is known here; save it as UTF-8 or GBK."),
    "FORMAT": _("The file is neither CSV nor an Excel workbook (.xlsx)."),
    "COLUMNS": _("The file has more than 100 columns."),
    "ROWS": _("The file has more than 200 000 rows; cut it in parts."),
    "CELL": _("A cell of the file is far too long, or a quote is not closed."),
}


class UnreadableFile(InvalidInput):
    """The file cannot be read as a table of customers."""

    code = "unreadable_file"


class WrongMapping(InvalidInput):
    """The mapping names unknown columns or fields, one field twice, or not what is needed."""

    code = "wrong_mapping"
    message = _("A column is mapped wrongly.")
    next_step = _("Map the name and the phone or the identity number, each field once.")


class AlreadyStarted(BusinessError):
    """The import runs or is done."""

    code = "import_started"
    message = _("This import was started already.")
    next_step = _("Look at its page; upload the file again for another run.")


class ImportNotUndoable(BusinessError):
    """Only an import that is done can be taken back."""

    code = "import_not_undoable"
    message = _("Only an import that is done can be taken back, and only once.")


@transaction.atomic
def upload_import(*, source: str, file_name: str, raw: bytes, actor: User, now: datetime) -> ImportJob:
    """Keep a file for import with its headings and a guess of what they mean, as mapped last time for this source.

    Raises UnreadableFile, InvalidInput.
    """
    source = f"IMPORT:{source.strip()}"[:LONGEST]
    if source == "IMPORT:":
        raise InvalidInput(fields={"source": [_("This is needed.")]})
    try:
        rows = read_rows(raw)
        columns = [heading[:80] for heading in next(rows)]
        total = sum(1 for _cells in rows)
        if not total:
            raise UnreadableTable("EMPTY")
    except UnreadableTable as error:
        raise UnreadableFile(fields={"file": [FILE_FAULTS[error.fault]]}) from error
    job = ImportJob.objects.create(
        source=source,
        file_name=file_name[-200:],
        content=_seal(raw),
        columns=columns,
        mapping=_recall_mapping(source, columns) or guess_mapping(columns),
        total=total,
        owner=actor,
        created_at=now,
    )
    audit.record(
        actor=actor, action="customers.import_uploaded", target=job, data={"rows": total, "source": source}, now=now
    )
    return job


def _recall_mapping(source: str, columns: list[str]) -> dict[str, str]:
    """Return how the same columns of the same source were mapped last."""
    latest = ImportJob.objects.filter(source=source, columns=columns).exclude(state=ImportJob.State.UPLOADED)
    return latest.order_by("-id").values_list("mapping", flat=True).first() or {}


def _seal(raw: bytes) -> bytes:
    return encrypt(base64.b64encode(zlib.compress(raw, 6)).decode()).encode()


def read_content(job: ImportJob, *, skip: int = 0, limit: int | None = None) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a job below the headings with their lines in the file, the second one being the first."""
    if job.content is None:
        return
    raw = zlib.decompress(base64.b64decode(decrypt(bytes(job.content).decode())))
    numbered = enumerate(read_rows(raw), start=1)
    yield from islice(numbered, 1 + skip, None if limit is None else 1 + skip + limit)


def _check_mapping(job: ImportJob, mapping: Mapping[str, str]) -> None:
    names = list(mapping.values())
    places = {str(place) for place in range(len(job.columns))}
    is_sound = set(mapping) <= places and set(names) <= set(FIELDS) and len(set(names)) == len(names)
    if not is_sound or "name" not in names or not {"phone", "identity_number"} & set(names):
        raise WrongMapping


@transaction.atomic
def start_import(
    *,
    job_id: int,
    mapping: Mapping[str, str],
    is_dry_run: bool,
    actor: User,
    now: datetime,
    placing: str = ImportJob.Placing.RULE,
    pool_id: int | None = None,
) -> ImportJob:
    """Map the columns and have the rows tried or carried out by a worker; `placing` says who gets who is new.

    Raises NotFound, WrongMapping, AlreadyStarted, Refused.
    """
    job = ImportJob.objects.select_for_update().filter(pk=job_id).first()
    if job is None:
        raise NotFound
    if job.state != ImportJob.State.UPLOADED:
        raise AlreadyStarted
    _check_mapping(job, mapping)
    job.placing, job.pool = placing, _choose_pool(placing, pool_id, actor)
    job.mapping, job.is_dry_run, job.state = dict(mapping), is_dry_run, ImportJob.State.RUNNING
    job.done = job.created = job.updated = job.quarantined = 0
    job.faults, job.error, job.started_at, job.finished_at = {}, "", now, None
    job.save()
    audit.record(
        actor=actor,
        action="customers.import_started",
        target=job,
        data={"trial": is_dry_run, "rows": job.total, "placing": placing, "pool": pool_id},
        now=now,
    )
    return job


def _choose_pool(placing: str, pool_id: int | None, actor: User) -> Pool | None:
    if placing not in ImportJob.Placing.values:
        raise NotFound
    if placing != ImportJob.Placing.POOL:
        return None
    pool = list_import_pools(access_right(actor, rights.IMPORT_CUSTOMERS)).filter(pk=pool_id or 0).first()
    if pool is None:
        raise NotFound
    return pool
