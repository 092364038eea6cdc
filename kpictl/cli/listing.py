"""The commands there are: name, module and one line each, so that help never has to load a command."""

from __future__ import annotations

from kpictl.records import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """A command: `module` below `kpictl.cli.commands` holds it as `command`."""

    name: str
    module: str
    summary: str
    section: str
    aliases: tuple[str, ...] = ()


_BEGIN, _DEFINE, _COMPUTE, _READ, _TOOL = "Begin", "Define", "Compute", "Read", "Tools"

COMMANDS: tuple[Entry, ...] = (
    Entry("init", "init", "make a project that runs at once", _BEGIN),
    Entry("debug", "debug", "check project, profile, connections and store", _BEGIN),
    Entry("check", "check", "everything that can be known without touching data", _DEFINE, ("validate", "parse")),
    Entry("ls", "ls", "list KPIs by selector", _DEFINE, ("list",)),
    Entry("compile", "compile", "write each KPI's SQL for one dialect or all", _DEFINE),
    Entry("explain", "explain", "the page of a code (KPI104), or how a KPI is read and compiled", _DEFINE),
    Entry("lineage", "lineage", "what a KPI is made of, down to columns, and what is made of it", _DEFINE),
    Entry("sources", "sources", "columns and types from live connections, and what changed", _DEFINE),
    Entry("plan", "plan", "what a run would do, why, and what it would read", _COMPUTE),
    Entry("run", "run", "compute what is due and store it", _COMPUTE),
    Entry("schedule", "schedule", "run what is due by cron, until stopped", _COMPUTE),
    Entry("retry", "retry", "compute again what failed or was skipped in the last run", _COMPUTE),
    Entry("show", "show", "the latest values", _READ),
    Entry("history", "history", "a KPI over time, as a chart or data", _READ),
    Entry("query", "query", "ad hoc numbers: KPIs by dimensions and time, with conditions", _READ),
    Entry("trend", "trend", "how KPIs moved against the buckets before", _READ),
    Entry("diff", "diff", "which reported numbers changed between two times, and why", _READ),
    Entry("audit", "audit", "the last runs: who, when, which version, what was computed", _READ),
    Entry("import", "import_", "definitions of another tool: a terraform.tfvars", _TOOL),
    Entry("emit", "emit", "files that other tools deploy: SQL jobs, rules, dashboards, manifests", _TOOL),
    Entry("store", "store", "migrate, check, back up or restore the store", _TOOL),
    Entry("schema", "schema", "JSON Schemas of KPI files and of what kpictl writes", _TOOL),
    Entry("clean", "clean", "remove target/", _TOOL),
    Entry("completion", "completion", "shell completion for bash, zsh or fish", _TOOL),
    Entry("version", "version", "print the version", _TOOL),
)


def find(name: str) -> Entry | None:
    """The command of that name or alias."""
    return next((entry for entry in COMMANDS if name == entry.name or name in entry.aliases), None)


def names() -> tuple[str, ...]:
    """Every name and alias."""
    return tuple(word for entry in COMMANDS for word in (entry.name, *entry.aliases))


def top_level_help() -> str:
    """What `kpictl --help` prints."""
    lines = ["Usage: kpictl [OPTIONS] COMMAND [ARGS]...", "", "One definition, the same number on every engine.", ""]
    for section in (_BEGIN, _DEFINE, _COMPUTE, _READ, _TOOL):
        lines.append(f"{section}:")
        for entry in COMMANDS:
            if entry.section == section:
                alias = f" (also: {', '.join(entry.aliases)})" if entry.aliases else ""
                lines.append(f"  {entry.name:<12}{entry.summary}{alias}")
        lines.append("")
    lines.append("Options, before or after the command:")
    lines += [f"  {flags:<22}{text}" for flags, text in GLOBAL_OPTIONS]
    lines += ["", "Each option has a variable: --as-of is KPICTL_AS_OF. `kpictl COMMAND --help` tells more.", ""]
    return "\n".join(lines)


GLOBAL_OPTIONS: tuple[tuple[str, str], ...] = (
    ("--project-dir DIR", "the project (default: this directory or the nearest above with one)"),
    ("--profiles-dir DIR", "where profiles.yml stands (default: the project)"),
    ("-t, --target NAME", "the profile's output to use"),
    ("--vars 'k: v'", "values for {{ var('k') }}, as YAML"),
    ("--state DIR", "an earlier target/ to compare with (state:modified, result:error)"),
    ("-q, --quiet", "results and errors only"),
    ("-v, --verbose", "say more; -vv still more"),
    ("--version", "print the version"),
    ("-h, --help", "this text"),
)
