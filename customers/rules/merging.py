"""Which values the one record has after two became one."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

# What somebody chooses as one thing -> the fields that go together.
CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "name": ("name", "name_key"),
    "phone": ("phone", "phone_index", "phone_tail_index"),
    "birth_date": ("birth_date",),
    "sex": ("sex",),
    "address": ("address",),
    "email": ("email",),
    "liquidity_need": ("liquidity_need",),
    "interests": ("interests",),
    "likes": ("likes",),
    "source": ("source",),
    "rm": ("rm_id", "backup_rm_id", "pool_id", "pooled_at", "owned_since"),
    "household": ("household_id",),
}
IDENTITY: Final = ("identity_number", "identity_index", "region_code", "status", "identified_at")
# The record that goes leaves the books: nobody looks after it, nobody is let in, no household counts it twice.
_LEFT: Final[dict[str, Any]] = {
    **dict.fromkeys(("rm_id", "backup_rm_id", "pool_id", "pooled_at", "household_id")),
    "reader_ids": [],
    "writer_ids": [],
}
# What the register confirmed together with the number.
_CONFIRMED: Final = ("name", "birth_date", "sex")
# A value that only one record may hold is taken from the one that goes.
UNIQUE: Final[dict[str, Any]] = {
    "phone": "",
    "phone_index": "",
    "phone_tail_index": "",
    "identity_number": "",
    "identity_index": "",
}


def choose_values(
    kept: Mapping[str, Any], merged: Mapping[str, Any], choices: Mapping[str, str]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what changes in the record that stays and in the one that goes.

    `choices` says `kept` or `merged` by key of CHOICES; unsaid, what the kept record has stays and what it lacks is taken
    over. An identity number brings along the name, birth date and sex that were confirmed with it.
    """
    stays: dict[str, Any] = {}
    goes: dict[str, Any] = dict(_LEFT)
    taken = {key for key in CHOICES if _takes(key, kept, merged, choices)}
    if merged["identity_index"] and not kept["identity_index"]:
        taken |= set(_CONFIRMED)
        stays |= {name: merged[name] for name in IDENTITY}
        goes |= {"identity_number": "", "identity_index": "", "status": "REGISTERED"}
    elif kept["identity_index"]:
        taken -= {key for key in _CONFIRMED if kept[key]}
    for key in taken:
        for name in CHOICES[key]:
            stays[name] = merged[name]
            if name in UNIQUE:
                goes[name] = UNIQUE[name]
    stays |= _join(kept, merged)
    return (
        {name: value for name, value in stays.items() if value != kept[name]},
        {name: value for name, value in goes.items() if value != merged[name]},
    )


def _takes(key: str, kept: Mapping[str, Any], merged: Mapping[str, Any], choices: Mapping[str, str]) -> bool:
    first = CHOICES[key][0]
    if key == "rm":
        has_owner = kept["rm_id"] is not None or kept["pool_id"] is not None
        return choices.get(key) == "merged" if key in choices else not has_owner
    if key in choices:
        return choices[key] == "merged" and not (key == "phone" and not merged[first])
    return not kept[first] and bool(merged[first])


def _join(kept: Mapping[str, Any], merged: Mapping[str, Any]) -> dict[str, Any]:
    """Return what comes of both records whatever is chosen; either name still finds the one record."""
    joined: dict[str, Any] = {
        "search_grams": sorted({*kept["search_grams"], *merged["search_grams"]}),
        "custom": {
            **merged["custom"],
            **{code: value for code, value in kept["custom"].items() if value not in ("", None)},
        },
        "registered_at": min(kept["registered_at"], merged["registered_at"]),
        "latest_contact_at": _latest(kept["latest_contact_at"], merged["latest_contact_at"]),
        "next_promise_at": _earliest(kept["next_promise_at"], merged["next_promise_at"]),
    }
    joined |= {name: kept[name] or merged[name] for name in ("is_borrower", "is_investor", "is_protected")}
    if not kept["investor_type"] and merged["investor_type"]:
        joined |= {name: merged[name] for name in ("investor_type", "investor_type_expires_date")}
    return joined


def _latest(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((moment for moment in (one, other) if moment is not None), default=None)


def _earliest(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((moment for moment in (one, other) if moment is not None), default=None)


def restore_values(changes: Mapping[str, tuple[Any, Any]], present: Mapping[str, Any]) -> dict[str, Any]:
    """Return which fields go back to what they were: those that still are what the merge made of them.

    `changes` says by field what was before and after; what somebody changed since stays as he left it. Fields that
    belong together go back together or not at all.
    """
    touched = {name for name, (_before, after) in changes.items() if present[name] != after}
    for group in (*CHOICES.values(), IDENTITY):
        if touched & set(group):
            touched |= set(group)
    return {name: before for name, (before, _after) in changes.items() if name not in touched}
