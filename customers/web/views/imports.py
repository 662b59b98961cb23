"""Bringing customers in by file: upload, mapping, trial, run, quarantine."""

from collections.abc import Iterator
from typing import Any

import orjson
from django import forms
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import clock
from core.errors import InvalidInput
from core.sentences import join_parts, say_value
from core.web.listing import count_rows, take_page
from core.web.spreadsheets import answer_csv
from customers import fields as specs
from customers.models import ImportJob, QuarantinedRow
from customers.operations import intake
from customers.operations.intake.create import FAULT_TEXTS
from customers.operations.intake.files import read_content
from customers.queries.facts import list_fields
from customers.queries.imports import access_import, access_quarantined, list_imports, list_quarantine
from customers.queries.pools import list_import_pools
from customers.rules.intake import FIELDS
from customers.rules.tables import MAX_BYTES
from staff import rights
from staff.pages import StaffPage, carry_out, show_refusal
from staff.queries import Access

_PREVIEW = 8
_OTHERS = {"role": gettext_lazy("Role"), "interests": gettext_lazy("interests")}


def _labels() -> dict[str, Any]:
    known = list_fields()
    return {name: known[name].label if name in known else _OTHERS[name] for name in FIELDS}


def _mask(name: str, text: str) -> str:
    spec = list_fields().get(name)
    if spec is None or spec.mask is None or not text:
        return text
    return specs.show(spec, text) if len(text) < 60 else "****"


class UploadForm(forms.Form):
    """A file and where it comes from."""

    source = forms.CharField(label=gettext_lazy("Source"), max_length=30)
    file = forms.FileField(label=gettext_lazy("CSV or Excel workbook"), max_length=200)

    def clean_file(self) -> Any:
        """Refuse what is too large before it is read."""
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            raise forms.ValidationError(_("The file is larger than 20 MB."))
        return file


class ImportList(StaffPage):
    """The imports and the form for another one."""

    right = rights.IMPORT_CUSTOMERS

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the page."""
        return self.show(request, UploadForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Keep a file and go to its page."""
        form = UploadForm(request.POST, request.FILES)
        if form.is_valid():
            try:
                job = intake.upload_import(
                    source=form.cleaned_data["source"],
                    file_name=form.cleaned_data["file"].name,
                    raw=form.cleaned_data["file"].read(),
                    actor=request.user,  # type: ignore[arg-type]
                    now=clock.now(),
                )
                return redirect("customers:import", job.public_id)
            except InvalidInput as error:
                show_refusal(form, error)
        return self.show(request, form, 422)

    def show(self, request: HttpRequest, form: UploadForm, status: int = 200) -> HttpResponse:
        """Answer the list with the form."""
        rows = list_imports(self.access)
        page = take_page(rows, request.GET, sorts={}, default="-id")
        context = {"page": page, "rows": page.rows, "form": form}
        return render(request, "customers/quality/imports.html", context, status=status)


class ImportPage(StaffPage):
    """One import: mapping and first rows, trial, progress, outcome."""

    right = rights.IMPORT_CUSTOMERS

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Show it as it stands."""
        job = access_import(self.access, public_id)
        labels = _labels()
        context = {
            "job": job,
            "percent": 100 * job.done // job.total if job.total else 0,
            "faults": sorted(
                ((labels[name], FAULT_TEXTS.get(fault, fault), number) for name, fault, number in _split(job.faults)),
                key=lambda item: -item[2],
            ),
            "columns": _preview(job) if job.state == ImportJob.State.UPLOADED else [],
            "fields": labels.items(),
            "placings": _list_placings(self.access),
            "placed_as": f"POOL:{job.pool_id}" if job.pool_id else job.placing,
        }
        return render(request, "customers/quality/import.html", context)

    def post(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Map and start, as a trial or for good."""
        job = access_import(self.access, public_id)
        chosen = {str(place): request.POST.get(f"column_{place}", "") for place in range(len(job.columns))}
        is_dry_run = request.POST.get("act") != "run"
        placing, _colon, pool = request.POST.get("placing", ImportJob.Placing.RULE).partition(":")
        return carry_out(
            request,
            reverse("customers:import", args=[public_id]),
            lambda: intake.start_import(
                job_id=job.pk,
                mapping={place: name for place, name in chosen.items() if name},
                is_dry_run=is_dry_run,
                actor=request.user,  # type: ignore[arg-type]
                now=clock.now(),
                placing=placing,
                pool_id=int(pool) if pool.isdecimal() and len(pool) < 10 else None,
            ),
            _("The trial runs; nothing is written.") if is_dry_run else _("The import runs."),
        )


def _list_placings(access: Access) -> list[tuple[str, Any]]:
    """Return who may get the new customers: by rule, nobody, or one of the pools."""
    places: list[tuple[str, Any]] = [
        (value, label) for value, label in ImportJob.Placing.choices if value != ImportJob.Placing.POOL
    ]
    return places + [
        (f"POOL:{pool.pk}", _("to the pool %(name)s") % {"name": pool.name}) for pool in list_import_pools(access)
    ]


def _split(faults: dict[str, int]) -> Iterator[tuple[str, str, int]]:
    for key, number in faults.items():
        name, _colon, fault = key.partition(":")
        yield name, fault, number


def _preview(job: ImportJob) -> list[dict[str, Any]]:
    """Return the columns with their first cells, masked where the column is mapped to something sensitive."""
    rows = [cells for _line, cells in read_content(job, limit=_PREVIEW)]
    return [
        {
            "place": place,
            "heading": heading,
            "field": job.mapping.get(str(place), ""),
            "cells": [
                _mask_cell(job.mapping.get(str(place), ""), cells[place] if place < len(cells) else "")
                for cells in rows
            ],
        }
        for place, heading in enumerate(job.columns)
    ]


def _mask_cell(name: str, text: str) -> str:
    """Return a cell for the preview: what is mapped as it is masked everywhere, of the rest no long numbers."""
    if name:
        return _mask(name, text)
    return f"{text[:3]}****" if sum(letter.isdigit() for letter in text) >= 7 or "@" in text else text[:40]


class UndoImport(StaffPage):
    """Take an import back."""

    right = rights.IMPORT_CUSTOMERS

    def post(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Delete what it made and nobody touched."""
        job = access_import(self.access, public_id)
        return carry_out(
            request,
            reverse("customers:import", args=[public_id]),
            lambda: intake.undo_import(job_id=job.pk, actor=request.user, now=clock.now()),  # type: ignore[arg-type]
            _("Taken back. Customers that somebody has worked on since stay."),
        )


class ErrorFile(StaffPage):
    """The faulty rows of an import as CSV, masked."""

    right = rights.IMPORT_CUSTOMERS

    def get(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Send line, faults and values."""
        job = access_import(self.access, public_id)
        return answer_csv(_list_errors(job), f"faults-{job.public_id}")


def _list_errors(job: ImportJob) -> Iterator[list[Any]]:
    labels = _labels()
    names = [name for name in FIELDS if name in job.mapping.values()]
    yield [_("Line"), _("Faults"), *(labels[name] for name in names)]
    rows = QuarantinedRow.objects.filter(job=job, state=QuarantinedRow.State.OPEN).order_by("line")
    for row in rows.iterator(chunk_size=1000):
        texts = orjson.loads(row.row)
        yield [row.line, _name_faults(row, labels), *(_mask(name, texts.get(name, "")) for name in names)]


def _name_faults(row: QuarantinedRow, labels: dict[str, Any]) -> str:
    return join_parts(
        say_value(labels.get(name, name), FAULT_TEXTS.get(fault, fault)) for name, fault in row.faults.items()
    )


class QuarantineList(StaffPage):
    """The rows to be mended."""

    right = rights.IMPORT_CUSTOMERS

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the list."""
        rows = list_quarantine(self.access)
        page = take_page(rows, request.GET, sorts={}, default="-id", total=count_rows(rows))
        labels = _labels()
        context = {
            "page": page,
            "rows": [(row, _name_faults(row, labels), _mask_row(row).get("name", "")) for row in page.rows],
        }
        return render(request, "customers/quality/quarantine.html", context)


def _mask_row(row: QuarantinedRow) -> dict[str, str]:
    return {name: _mask(name, text) for name, text in orjson.loads(row.row).items()}


class QuarantinePage(StaffPage):
    """One row: mend it or drop it."""

    right = rights.IMPORT_CUSTOMERS

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Show what came, masked, with a field for each correction."""
        row = access_quarantined(self.access, public_id)
        came, labels = _mask_row(row), _labels()
        lines = [
            {
                "name": name,
                "label": label,
                "came": came.get(name, ""),
                "fault": FAULT_TEXTS.get(row.faults.get(name, ""), ""),
            }
            for name, label in labels.items()
        ]
        return render(request, "customers/quality/quarantined.html", {"row": row, "lines": lines})

    def post(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Take it in with the corrections, or give it up."""
        row = access_quarantined(self.access, public_id)
        actor: Any = request.user
        if request.POST.get("act") == "drop":
            back = reverse("customers:quarantine")
            return carry_out(
                request, back, lambda: intake.drop_row(row_id=row.pk, actor=actor, now=clock.now()), _("Dropped.")
            )
        texts = {name: request.POST.get(name, "")[:400] for name in FIELDS}
        here = reverse("customers:quarantined", args=[public_id])
        return carry_out(
            request,
            here,
            lambda: intake.mend_row(row_id=row.pk, texts=texts, actor=actor, now=clock.now()),
            _("Mended and taken in."),
        )
