from collections.abc import Iterator

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from customers.rules.sources import band_income

_MANY = 1_000


def fill_bands(apps: Apps, _editor: BaseDatabaseSchemaEditor) -> None:
    """Tell the bands of the incomes that are kept; each has to be deciphered once."""
    profile = apps.get_model("customers", "FinancialProfile")
    waiting: dict[str, list[int]] = {}
    for pk, income in _list_incomes(profile):
        waiting.setdefault(band_income(income), []).append(pk)
        if sum(map(len, waiting.values())) == _MANY:
            _write(profile, waiting)
    _write(profile, waiting)


def _list_incomes(profile: type[models.Model]) -> Iterator[tuple[int, str]]:
    rows = profile._default_manager.order_by("pk").values_list("pk", "monthly_income")
    yield from rows.iterator(chunk_size=_MANY)


def _write(profile: type[models.Model], waiting: dict[str, list[int]]) -> None:
    for band, ids in waiting.items():
        if band:
            profile._default_manager.filter(pk__in=ids).update(income_band=band)
    waiting.clear()


class Migration(migrations.Migration):
    dependencies = [("customers", "0017_years_together")]

    operations = [
        migrations.AddField(
            model_name="financialprofile",
            name="income_band",
            field=models.CharField(blank=True, max_length=6, verbose_name="income band"),
        ),
        migrations.RunPython(fill_bands, migrations.RunPython.noop),
    ]
