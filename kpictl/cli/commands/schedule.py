"""`kpictl schedule`."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import click

from kpictl import api
from kpictl.cli.commands.run import end
from kpictl.cli.commands.show import selected
from kpictl.cli.findings import complain, load_or_stop, show_all
from kpictl.cli.options import command as make
from kpictl.cli.options import how_options, option, selector_options
from kpictl.cli.session import Session, Stop
from kpictl.diagnostics import Refused
from kpictl.model.calendar import calendar
from kpictl.runner.results import How
from kpictl.runner.ticker import Schedules, Ticker, Turn

_JITTER = 5.0
_SHOWN = 5
_ASKED = {"as_of": None, "backfill": None, "full_refresh": False}


@make(
    "schedule",
    [
        *selector_options(),
        *how_options(),
        option("--once", is_flag=True, help="Run what is due now, then end with the exit code of that run."),
        option(
            "--jitter",
            type=click.FloatRange(0, 3600),
            default=_JITTER,
            show_default=True,
            metavar="SECONDS",
            help="Begin up to so long after each tick, so that many projects do not begin at once.",
        ),
    ],
)
def command(
    session: Session,
    selectors: tuple[str, ...],
    select: tuple[str, ...],
    exclude: tuple[str, ...],
    threads: int,
    fail_fast: bool,
    once: bool,
    jitter: float,
) -> int:
    """Runs each KPI when its `schedule:` ticks, in the project's zone, until SIGINT or SIGTERM.

    What was missed while nothing ran is caught up at once, in one run; so are ticks that pass during a run. Definitions are
    read anew before each run. What fails is tried again after 1, 5 and 15 minutes, then at its next tick. One process
    schedules for a store: another one ends at once and says who it is. Each run leaves target/run_results.json.
    """
    work = _Work(session, (*selectors, *select), exclude, How(threads=threads, fail_fast=fail_fast))
    if work.project.output is not None and work.project.output.as_of is not None and not once:
        raise Stop(
            "the output has `as_of:`, so its clock stands still and no schedule ticks",
            "take `as_of:` out, or use --once",
        )
    ticker = Ticker(
        calendar(work.project.settings.timezone),
        lambda: datetime.now(UTC),
        time.sleep,
        lambda: random.uniform(0, jitter),
    )
    with api.alone(work.loaded, "schedule") as still:
        for turn in ticker.turns(work.schedules):
            code = work.run(turn, ticker, still)
            if once:
                return code
    return 0


class _Work:
    """The project as it was last read without errors, and runs of it."""

    def __init__(self, session: Session, selectors: Sequence[str], exclude: Sequence[str], how: How) -> None:
        self._selectors, self._exclude, self._how, self._wrong = selectors, exclude, how, ""
        self.session, self.loaded, self.project = load_or_stop(session)
        self._names = selected(self.session, self.project, selectors, exclude)
        if not self._names:
            raise Stop("nothing is selected", "`kpictl ls` lists the KPIs")

    def schedules(self) -> Schedules:
        """The schedule of each selected KPI, as the files say now."""
        self._read()
        return {name: self.project.kpis[name].schedule for name in self._names}

    def run(self, turn: Turn, ticker: Ticker, still: Callable[[], None]) -> int:
        """One turn. What goes wrong is told, and never ends the schedule."""
        self._read()
        terminal = self.session.terminal
        names = [name for name in turn.kpis if name in self.project.kpis]
        zone = calendar(self.project.settings.timezone).tzinfo
        word = "again " if turn.again else ""
        terminal.say(f"{turn.tick.astimezone(zone):%Y-%m-%d %H:%M %Z}: {word}{', '.join(names[:_SHOWN])}{_more(names)}")
        try:
            still()
            checked = api.check(self.loaded)
            if api.blocking(checked.diagnostics):
                complain(terminal, checked.diagnostics, self.session.root)
                return 1
            report = api.run(self.loaded, kpis=names, outcomes=checked.outcomes, how=self._how)
        except Refused as refused:
            ticker.told(names, ())
            show_all(self.session, refused.diagnostics)
            return 1
        bad = {each.unique_id for each in report.results if each.failed}
        failed = [name for name in names if self.project.kpis[name].unique_id in bad]
        ticker.told(failed, [name for name in names if name not in failed])
        return end(self.session, self.loaded, names, report, _ASKED, no_table=True)

    def _read(self) -> None:
        """Takes the files as they are now; where they are wrong, says so once and goes on with what was read before."""
        try:
            session, loaded = self.session.load()
            if loaded.project is None:
                raise Refused(loaded.diagnostics)
            names = selected(session, loaded.project, self._selectors, self._exclude)
        except (Refused, Stop) as wrong:
            if str(wrong) != self._wrong:
                self._wrong = str(wrong)
                self.session.terminal.complain(
                    "the project cannot be read; the schedule goes on with what was read before"
                )
                if isinstance(wrong, Refused):
                    complain(self.session.terminal, wrong.diagnostics, self.session.root)
                else:
                    self.session.terminal.complain(f"error: {wrong.message}")
            return
        self._wrong = ""
        self.session, self.loaded, self.project, self._names = session, loaded, loaded.project, names


def _more(names: Sequence[str]) -> str:
    return f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
