"""Asking for a training, and carrying one out in a worker: drafts come of it, never anything in force."""

import base64
import zlib
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from core import audit
from core.errors import BusinessError, InvalidInput
from core.fields import decrypt, encrypt
from core.models import User
from customers.rules.tables import UnreadableTable, read_rows
from risk.models import Challenger, ModelTraining, Scorecard
from risk.operations.configuration import content_hash_of
from risk.queries.trainings import read_own_material
from risk.rules.scoring.learning_table import LearningTableFault, read_learning_table
from risk.rules.scoring.material import LEAST_BADS, Effort, Made, Material, NothingVaries, TooThin
from risk.rules.scoring.models import ADDITIVE, AVERAGE, POINTS
from staff import rights
from staff.queries import access_right

KINDS: Final = (POINTS, ADDITIVE, AVERAGE)
# Makes models out of material; the worker brings it, so that no training library is ever near a request.
Maker = Callable[[Material, Sequence[str], Effort], list[Made]]

TABLE_FAULTS: Final = {
    "EMPTY": _("The file holds no rows."),
    "TOO_LARGE": _("The file is larger than 20 MB, or unfolds to far more than a table."),
    "ENCODING": _("The file is in no encoding that is known here; save it as UTF-8 or GBK."),
    "FORMAT": _("The file is neither CSV nor an Excel workbook (.xlsx)."),
    "COLUMNS": _("The file has more than 100 columns."),
    "ROWS": _("The file has more than 200 000 rows; cut it in parts."),
    "CELL": _("A cell of the file is far too long, or a quote is not closed."),
    "NO_OUTCOME": _("The table needs a column called bad that says 1 or 0 in every row."),
    "NO_INPUTS": _("No heading of the table is the name of an input."),
    "HEADING_TWICE": _("A heading stands there twice: %(detail)s"),
    "WRONG_VALUE": _("A value does not fit its input: %(detail)s"),
}


class UnreadableLearningTable(InvalidInput):
    """The uploaded table cannot be learned from."""

    code = "unreadable_learning_table"


class TrainingRuns(BusinessError):
    """A training of the same code is not finished yet."""

    code = "training_runs"
    message = _("A training of these rules runs already.")
    next_step = _("Wait until it is done.")


@transaction.atomic
def ask_training(
    *,
    code: str,
    kinds: Sequence[str],
    is_monotone: bool,
    window_months: int,
    bad_dpd: int,
    actor: User,
    now: datetime,
    business_date: date,
    file_name: str = "",
    raw: bytes | None = None,
) -> ModelTraining:
    """Ask for models out of an uploaded table, or out of the product's own matured loans; a worker takes it up.

    Raises Refused, InvalidInput, UnreadableLearningTable, TrainingRuns.
    """
    access_right(actor, rights.EDIT_RULES)
    if not kinds or not set(kinds) <= set(KINDS):
        raise InvalidInput(fields={"kinds": [_("Choose at least one model.")]})
    if not 1 <= window_months <= 36 or not 1 <= bad_dpd <= 180:
        raise InvalidInput(fields={"window_months": [_("Between 1 and 36 months and 1 and 180 days.")]})
    if ModelTraining.objects.filter(code=code, state__in=["ASKED", "RUNNING"]).exists():
        raise TrainingRuns
    training = ModelTraining(
        code=code,
        kinds=[kind for kind in KINDS if kind in kinds],
        is_monotone=is_monotone,
        window_months=window_months,
        bad_dpd=bad_dpd,
        source=ModelTraining.Source.LOANS if raw is None else ModelTraining.Source.TABLE,
        asked_by=actor,
        asked_at=now,
        business_date=business_date,
    )
    if raw is not None:
        training.columns = _read_table(raw)[1]
        training.file_name = file_name[-200:]
        training.content = encrypt(base64.b64encode(zlib.compress(raw, 6)).decode()).encode()
    training.save()
    data = {"code": code, "kinds": training.kinds, "source": training.source}
    audit.record(actor=actor, action="risk.training_asked", target=training, data=data, now=now)
    return training


def list_open_trainings() -> list[int]:
    """Return the trainings that wait, or that died with a worker."""
    return list(
        ModelTraining.objects.filter(state__in=["ASKED", "RUNNING"]).order_by("pk").values_list("pk", flat=True)
    )


def run_training(
    *, training_id: int, make: Maker, read_now: Callable[[], datetime], effort: Effort | None = None
) -> bool:
    """Carry a training out; False when another worker is at it or it is finished. `read_now` tells when it began and ended."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [f"training:{training_id}"])
        if not cursor.fetchone()[0]:
            return False
    try:
        return _run(training_id, make, read_now, effort)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [f"training:{training_id}"])


def _run(training_id: int, make: Maker, read_now: Callable[[], datetime], effort: Effort | None) -> bool:
    State = ModelTraining.State
    training = ModelTraining.objects.filter(pk=training_id, state__in=[State.ASKED, State.RUNNING]).first()
    if training is None:
        return False
    training.state, training.started_at = State.RUNNING, read_now()
    training.save(update_fields=["state", "started_at"])
    asked = effort or Effort(is_monotone=training.is_monotone)
    material = Material({}, [])
    try:
        material = _read_material(training)
        made = make(material, training.kinds, asked)
    except TooThin:
        made = []
        training.error = str(
            _("Too few outcomes: %(bads)s of %(rows)s went bad; at least %(least)s of each kind are needed.")
            % {"bads": sum(material.bad), "rows": len(material), "least": LEAST_BADS}
        )
    except NothingVaries:
        made = []
        training.error = str(_("No input differs from one applicant to another: there is nothing to learn from."))
    except Exception as error:
        # Whatever a library stumbles over, the training must not be begun again for ever; the job's row has the details.
        training.error = str(
            _("The training broke off (%(kind)s); the list of jobs has the details.") % {"kind": type(error).__name__}
        )
        finish_training(training=training, material=material, made=[], now=read_now())
        raise
    finish_training(training=training, material=material, made=made, now=read_now())
    return True


@transaction.atomic
def finish_training(*, training: ModelTraining, material: Material, made: Sequence[Made], now: datetime) -> None:
    """Keep what a training made as drafts, and forget the uploaded rows."""
    training.rows, training.bads = len(material), sum(material.bad)
    training.state = ModelTraining.State.FAILED if training.error else ModelTraining.State.DONE
    training.finished_at = now
    training.content = None
    training.save()
    for model in made:
        _draft(training, model, now)
    data = {"rows": training.rows, "bads": training.bads, "models": [model.kind for model in made]}
    audit.record(actor=training.asked_by, action="risk.training_finished", target=training, data=data, now=now)


def _draft(training: ModelTraining, model: Made, now: datetime) -> None:
    target: Any = Challenger if model.kind == AVERAGE else Scorecard
    latest = target.objects.filter(code=training.code).aggregate(latest=Max("version"))["latest"] or 0
    target.objects.create(
        code=training.code,
        version=latest + 1,
        content=model.content,
        content_hash=content_hash_of(model.content),
        card=model.card,
        training=training,
        made_at=now,
        made_by=training.asked_by,
    )


def _read_material(training: ModelTraining) -> Material:
    if training.source == ModelTraining.Source.LOANS:
        return read_own_material(
            window_months=training.window_months,
            bad_dpd=training.bad_dpd,
            business_date=training.business_date,
        )
    assert training.content is not None, "an uploaded table is kept until the training is done"
    return _read_table(zlib.decompress(base64.b64decode(decrypt(bytes(training.content).decode()))))[0]


def _read_table(raw: bytes) -> tuple[Material, dict[str, list[str]]]:
    try:
        return read_learning_table(read_rows(raw))
    except UnreadableTable as error:
        raise UnreadableLearningTable(fields={"file": [TABLE_FAULTS[error.fault]]}) from error
    except LearningTableFault as error:
        sentence = str(TABLE_FAULTS[error.fault]) % {"detail": error.detail}
        raise UnreadableLearningTable(fields={"file": [sentence]}) from error
