"""Bring the database of `run` up to date: `python -m p2pcrm.runner.preparation`, one Django start for everything.

Prints STAGE_DONE on a line of its own after each stage, and the log-ins of the demo world at the end.
"""

import io

STAGES = ("Database schema", "Reference data", "Demo world")
STAGE_DONE = "--- stage done ---"


def main() -> None:
    """Run the stages in order."""
    # Packages of the environment: the rest of the runner does without them.
    import django
    from django.core.management import call_command

    def list_log_ins() -> str:
        # Empty until the demo world is complete.
        output = io.StringIO()
        call_command("demo_logins", stdout=output)
        return output.getvalue().strip()

    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    print(STAGE_DONE, flush=True)
    is_new = not list_log_ins()
    if not is_new:
        call_command("seed_reference")
    print(STAGE_DONE, flush=True)
    if is_new:
        # It begins with the reference data as of its own first day: steps and rules of today would pass by all that
        # happens before.
        call_command("build_demo")
    print(STAGE_DONE, flush=True)
    print(list_log_ins(), flush=True)


if __name__ == "__main__":
    main()
