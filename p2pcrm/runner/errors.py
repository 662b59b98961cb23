"""The one error that the command line prints without a traceback."""


class RunnerError(Exception):
    """Say in one message what is wrong on this machine and what to do about it."""
