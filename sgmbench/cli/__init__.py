"""The command line: one file a command, each short, each calling one function of `sgmbench.api`.

Nothing here imports JAX before a command that computes has begun, so that `--help` is instant.
"""

import typer

from sgmbench.cli.ask import ask
from sgmbench.cli.baseline import baseline
from sgmbench.cli.calibrate import calibrate
from sgmbench.cli.check_problem import check_problem
from sgmbench.cli.clean import clean
from sgmbench.cli.compare import compare
from sgmbench.cli.export import export
from sgmbench.cli.init import init
from sgmbench.cli.ladder import ladder
from sgmbench.cli.list import list_
from sgmbench.cli.plan import plan
from sgmbench.cli.report import report
from sgmbench.cli.reproduce import reproduce
from sgmbench.cli.run import run
from sgmbench.cli.schema import schema
from sgmbench.cli.show import show
from sgmbench.cli.sweep import sweep
from sgmbench.cli.validate import validate
from sgmbench.cli.verify import verify
from sgmbench.cli.version import versions
from sgmbench.cli.work_precision import work_precision

app = typer.Typer(
    name="sgmbench",
    help="How many solver runs is a generative model worth? Benchmarks for uncertainty quantification.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.callback()(versions)
app.command("init")(init)
app.command("validate")(validate)
app.command("plan")(plan)
app.command("run")(run)
app.command("sweep")(sweep)
app.command("list")(list_)
app.command("show")(show)
app.command("schema")(schema)
app.command("ask")(ask)
app.command("compare")(compare)
app.command("baseline")(baseline)
app.command("report")(report)
app.command("export")(export)
app.command("verify")(verify)
app.command("reproduce")(reproduce)
app.command("clean")(clean)
app.command("calibrate")(calibrate)
app.command("check-problem")(check_problem)
app.command("ladder")(ladder)
app.command("work-precision")(work_precision)


def main() -> None:
    """Entry point of the `sgmbench` command."""
    app()
