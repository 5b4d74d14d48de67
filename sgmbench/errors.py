"""Errors that a user can mend: each has a message with its remedy, and an exit code."""


class SgmbenchError(Exception):
    """Anything that stops the tool in an orderly way."""

    exit_code = 1


class UsageError(SgmbenchError):
    """Something about the configuration or the command line is wrong."""

    exit_code = 2


class CellError(SgmbenchError):
    """A cell cannot be computed; it becomes a failed result and the run goes on."""

    exit_code = 5


class OutageError(CellError):
    """What a cell needs is not to be had now: a server, memory, time. A failed result that `--resume` tries again."""


class IncomparableError(SgmbenchError):
    """Two runs answer different questions."""

    exit_code = 6


class StoreError(SgmbenchError):
    """The results folder cannot be read or written."""

    exit_code = 7


class HostError(SgmbenchError):
    """A process of a run on many is gone, or failed where the others did not; all are to be started again."""

    exit_code = 8
