"""Statements that the database plans once a connection, for the few whose planning costs as much as their work."""

import re
from collections.abc import Mapping
from itertools import count
from typing import Any
from weakref import WeakKeyDictionary

from django.db import connection
from django.db.backends.utils import CursorWrapper

_PARAMETER = re.compile(r"%\((\w+)\)s")
_serial = count(1)
# The connections of the driver, each with the names of what was prepared on it; a closed one takes its names along.
_prepared: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()


class Prepared:
    """One statement in the driver's `%(name)s` style, with a type written at each parameter (`%(now)s::timestamptz`).

    For rows by the handful: the database settles on one plan for all values. What is called with thousands as well is
    executed as plain text then, from `text`. Needs a connection of its own for the session, not a pool that changes
    the server's session between transactions.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._name = f"p2pcrm_{next(_serial)}"
        names = list(dict.fromkeys(_PARAMETER.findall(text)))
        places = {name: f"${place}" for place, name in enumerate(names, 1)}
        self._prepare = f"PREPARE {self._name} AS {_PARAMETER.sub(lambda found: places[found[1]], text)}"
        arguments = ", ".join(f"%({name})s" for name in names)
        self.call = f"EXECUTE {self._name} ({arguments})" if names else f"EXECUTE {self._name}"

    def execute(self, cursor: CursorWrapper, parameters: Mapping[str, Any]) -> None:
        """Execute the statement on Django's cursor; the first time on a connection it is prepared before."""
        self.prepare(cursor)
        cursor.execute(self.call, parameters)

    def prepare(self, cursor: CursorWrapper) -> None:
        """Prepare the statement where the connection does not know it, so that `call` may stand in a longer text."""
        known = _prepared.setdefault(connection.connection, set())
        if self._name not in known:
            # Outlives the transaction even when that is rolled back, so that it is never undone behind our back.
            cursor.execute(self._prepare)
            known.add(self._name)
