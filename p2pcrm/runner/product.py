"""`run`: start the whole product and keep it running."""

import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from signal import SIGKILL, SIGQUIT
from typing import TextIO

from p2pcrm.runner.children import read_tail
from p2pcrm.runner.console import Console
from p2pcrm.runner.errors import RunnerError
from p2pcrm.runner.home import Home, wait_until_free
from p2pcrm.runner.messages import compile_messages
from p2pcrm.runner.packages import PYTHON, ROOT
from p2pcrm.runner.preparation import STAGE_DONE, STAGES
from p2pcrm.runner.servers import describe_environment, describe_servers
from p2pcrm.runner.supervisor import Program, Supervisor

STEPS = 8
READY_SECONDS = 90
SETTINGS_MODULE = "p2pcrm.settings.dev"


class Product:
    """One running copy, reachable at `host`:`port`."""

    def __init__(self, home: Home, console: Console, host: str, port: int) -> None:
        self.home, self.console, self.host, self.port = home, console, host, port
        self.address = f"http://{'127.0.0.1' if host in ('0.0.0.0', '::') else host}:{port}"
        self.supervisor = Supervisor(console)
        self.servers = describe_servers(home, os.environ)
        self.environment = (
            os.environ
            | {"DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", SETTINGS_MODULE)}
            | describe_environment(home, self.servers)
            | {"PUBLIC_URL": os.environ.get("PUBLIC_URL") or self.address, "PORT": str(port)}
        )

    def run(self) -> None:
        """Start everything, print where it is, watch it until a stop signal comes."""
        try:
            self._start()
            self.supervisor.watch()
        finally:
            self.console.say("Stopping ...")
            self.supervisor.stop()
            self.console.say("Stopped. The data stays; `make run` continues with it.")

    def _start(self) -> None:
        if not wait_until_free(self.host, self.port, seconds=10):
            raise RunnerError(f"Port {self.port} on {self.host} is in use. Choose another: PORT=8001 make run")
        with self.console.step("PostgreSQL, Valkey, sandbox"):
            for server in self.servers.started_by_us():
                self.supervisor.add(server)
            self.supervisor.add(self._sandbox())
            for server in self.servers.started_by_us():
                server.wait_ready()
            self._wait_for("sandbox", lambda: _answers(f"{self.environment['SANDBOX_URL']}/"))
        compile_messages()
        log_ins = self._prepare_database()
        with self.console.step("Web, worker, beat"):
            for program in (self._web(), self._worker(), self._beat()):
                self.supervisor.add(program)
        with self.console.step("Waiting until everything answers"):
            self._wait_for("web", lambda: _is_healthy(f"{self.address}/health/ready"))
            self._wait_for("worker", self._worker_answers)
        self._print_addresses(log_ins)

    def _sandbox(self) -> Program:
        port = str(self.home.port("sandbox"))
        home = str(self.home.path("sandbox"))
        return self._program("sandbox", [str(PYTHON), "-m", "integrations.sandbox", "--port", port, "--home", home])

    def _web(self) -> Program:
        command = [str(PYTHON.parent / "granian"), "--interface", "wsgi", "--host", self.host]
        command += ["--port", str(self.port), "--workers", os.environ.get("WEB_WORKERS", "2")]
        command += ["--blocking-threads", "1", "--respawn-failed-workers", "--workers-kill-timeout", "5"]
        return self._program("web", [*command, "p2pcrm.wsgi:application"])

    def _worker(self) -> Program:
        command = [str(PYTHON), "-m", "celery", "--app", "p2pcrm", "worker", "--loglevel", "INFO"]
        command += ["--concurrency", os.environ.get("WORKER_PROCESSES", "2"), "--hostname", f"worker{self.port}@%h"]
        program = self._program("worker", command)
        # Finish what runs; what takes longer is given back to the broker and done again after the next start.
        program.stop_seconds, program.then_signals = 8.0, (SIGQUIT, SIGKILL)
        return program

    def _beat(self) -> Program:
        schedule = str(self.home.path("beat-schedule"))
        command = [str(PYTHON), "-m", "celery", "--app", "p2pcrm", "beat", "--loglevel", "INFO"]
        return self._program("beat", [*command, "--schedule", schedule, "--pidfile="])

    def _program(self, name: str, command: Sequence[str]) -> Program:
        return Program(name, command, self.home.log(name), ROOT, self.environment)

    def _prepare_database(self) -> list[str]:
        """Migrate, load the reference data, build the demo world when it is missing; return its log-ins."""
        log = self.home.log("setup")
        command = [str(PYTHON), "-m", "p2pcrm.runner.preparation"]
        with (
            log.open("a") as output,
            subprocess.Popen(
                command,
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=output,
                text=True,
                errors="replace",
            ) as process,
        ):
            try:
                for title in STAGES:
                    with self.console.step(title):
                        self._show_stage(process, output)
                rest = [line.rstrip() for line in process.stdout or ()]
            except BaseException:
                process.terminate()
                raise
        if process.returncode != 0:
            raise self._preparation_error()
        return [line for line in rest if line]

    def _show_stage(self, process: "subprocess.Popen[str]", output: TextIO) -> None:
        for line in process.stdout or ():
            if line.strip() == STAGE_DONE:
                return
            output.write(line)
            self.console.say(f"      {line.rstrip()}")
        # The output ended early: a command failed.
        output.flush()
        raise self._preparation_error()

    def _preparation_error(self) -> RunnerError:
        log = self.home.log("setup")
        return RunnerError(f"The database could not be prepared. {log} says:\n{read_tail(log, 30)}")

    def _wait_for(self, name: str, answers: Callable[[], bool]) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not answers():
            self.supervisor.look()
            if time.monotonic() > deadline:
                log = self.home.log(name)
                raise RunnerError(f"{name} does not answer after {READY_SECONDS} s. {log} says:\n{read_tail(log)}")
            time.sleep(0.1)

    def _worker_answers(self) -> bool:
        # Without our application, so that Django need not start for it.
        command = [str(PYTHON), "-m", "celery", "inspect", "ping", "--timeout", "1"]
        environment = self.environment | {"CELERY_BROKER_URL": self.servers.redis_url}
        done = subprocess.run(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, capture_output=True)
        return done.returncode == 0

    def _print_addresses(self, log_ins: Sequence[str]) -> None:
        say = self.console.say
        say()
        say(f"  Pages      {self.address}/")
        say(f"  Admin      {self.address}/admin/")
        say(f"  API        {self.address}/api/docs/")
        say(f"  Logs       {self.home.path('log')}")
        say()
        for line in log_ins:
            say(f"  {line}")
        say()
        say(f"Started in {self.console.elapsed_seconds():.0f} s. Ctrl-C stops everything and keeps the data.")
        say(f"READY {self.address}")


def _answers(url: str) -> bool:
    """Tell whether an HTTP server answers at all."""
    try:
        urllib.request.urlopen(url, timeout=5)
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def _is_healthy(url: str) -> bool:
    try:
        return bool(urllib.request.urlopen(url, timeout=5).status == 200)
    except OSError:
        return False
