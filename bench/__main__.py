"""Run every benchmark, or those named: JSON lines on standard output, then a table of what was met.

python -m bench [quotes|lists|ledger|repayments|close|owners|customers|imports] …
"""

import json
import subprocess
import sys
from typing import Any

NAMES = ("quotes", "lists", "ledger", "repayments", "close", "owners", "customers", "imports")


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
    for line in lines:
        verdict = {True: "met", False: "MISSED"}.get(bool(line["met"]), "") if "met" in line else ""
        figures = [line.get(key, "") for key in ("value", "denominator", "ratio", "target")]
        print(
            f"{line['bench']:44}" + "".join(f"{figure!s:>14}" for figure in figures) + f"  {verdict}", file=sys.stderr
        )


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
    header = ("value", "denominator", "ratio", "target")
    print(f"\n{'':44}" + "".join(f"{title:>14}" for title in header), file=sys.stderr)
    show(lines)
    return int(any(line.get("met") is False for line in lines))


if __name__ == "__main__":
    sys.exit(main())
