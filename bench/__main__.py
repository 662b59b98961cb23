"""Run every benchmark, or those named: JSON lines on standard output, then a table of what was met.

python -m bench [quotes|lists|ledger|repayments|close|owners|customers|imports|models|decisions|segments|recommend] …
"""

import json
import subprocess
import sys
from typing import Any

NAMES = (
    "quotes",
    "lists",
    "ledger",
    "repayments",
    "close",
    "owners",
    "customers",
    "imports",
    "models",
    "decisions",
    "segments",
    "recommend",
)
COLUMNS = ("value", "denominator", "ratio", "target")


def run(name: str) -> list[dict[str, Any]]:
    """Run one benchmark in a process of its own, pass its lines on and return them."""
    lines = []
    with subprocess.Popen([sys.executable, "-m", f"bench.{name}"], stdout=subprocess.PIPE, text=True) as process:
        for text in process.stdout or ():
            print(text, end="", flush=True)
            lines.append(json.loads(text))
    if process.returncode:
        lines.append({"bench": name, "met": False, "error": f"ended with code {process.returncode}"})
    return lines


def show(lines: list[dict[str, Any]]) -> None:
    """Print the table, on standard error so that standard output stays JSON lines."""
    print(f"\n{'':44}" + "".join(f"{column:>14}" for column in COLUMNS), file=sys.stderr)
    for line in lines:
        verdict = "" if line.get("met") is None else "met" if line["met"] else "MISSED"
        figures = "".join(f"{line.get(column, '')!s:>14}" for column in COLUMNS)
        print(f"{line['bench']:44}{figures}  {verdict}", file=sys.stderr)


def main() -> int:
    """Return 1 when a target was missed."""
    names = sys.argv[1:] or NAMES
    unknown = set(names) - set(NAMES)
    if unknown:
        print(
            f"There is no benchmark called {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}.", file=sys.stderr
        )
        return 2
    lines = [line for name in names for line in run(name)]
    show(lines)
    return int(any(line.get("met") is False for line in lines))


if __name__ == "__main__":
    sys.exit(main())
