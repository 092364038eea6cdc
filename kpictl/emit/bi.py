"""`bi`: the store's final values for Tableau, Power BI and Looker, with a measure for each KPI that is never added up.

A view flattens the store: one row a bucket and combination, `cut` says by which dimensions. A measure has a value where
exactly one row of its KPI is meant, and none elsewhere: an average of ratios or a sum of totals is never shown.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from kpictl.emit.emitter import Emission, Emitter, Files
from kpictl.emit.literals import Text, commented, json_document, json_literal, sql_literal
from kpictl.model.kpis import Kpi
from kpictl.plan.compiled import Compiled
from kpictl.records import dataclass

VIEW = "kpi_values"
_COLUMNS = (
    ("time", "datetime", "The bucket's start, an instant."),
    ("kpi_name", "string", "The KPI."),
    ("grain", "string", "The bucket's unit."),
    ("bucket", "string", "The bucket as people call it."),
    ("cut", "string", "The dimensions by which the value is cut, divided by commas; empty for the total."),
    ("kpi_value", "real", "The value."),
)
_TMDL = {"datetime": "dateTime", "string": "string", "real": "double"}
_LIQUID = re.compile(r"\{(?=[{%])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A KPI by some dimensions, or its total. In each tool it is called m_NAME, which no column of the view is."""

    name: str
    kpi: Kpi
    label: str
    grain: str
    cut: str


def make(emission: Emission) -> Files:
    """The view, a data source for Tableau, one and a model for Power BI, a view and an explore for Looker."""
    found, dimensions = measures(emission)
    return {
        "view.sql": emission.render(
            "view.sql.j2",
            header=emission.header,
            columns=[Text(f",\n    dimensions->>{sql_literal(name)} AS dim_{name}") for name in dimensions],
        ),
        "tableau/kpis.tds": _tableau(emission, found, dimensions),
        "powerbi/kpis.pbids": json_document(_POWER_BI),
        "powerbi/kpi_values.tmdl": _tmdl(emission, found, dimensions),
        "looker/kpi_values.view.lkml": _lookml(emission, found, dimensions),
        "looker/kpis.explore.lkml": _explore(emission),
        "README.md": emission.render("README.md.j2", emission=emission, measures=len(found), dimensions=dimensions),
    }


def measures(emission: Emission) -> tuple[Sequence[Measure], Sequence[str]]:
    """The measures of all KPIs that can be said in the dialect, and every dimension, by name."""
    compiled = emission.compiled(emission.options.dialect)
    found = []
    dimensions: dict[str, None] = {}
    taken = {kpi.name for kpi in emission.kpis}
    for kpi in emission.kpis:
        node: Compiled = compiled[kpi.name]
        if node.lowered is None:
            continue
        grain = node.lowered.grain.unit
        label = kpi.label or kpi.name
        by = sorted(node.lowered.dimensions)
        dimensions |= dict.fromkeys(by)
        if not by or node.total is not None:
            found.append(Measure(name=kpi.name, kpi=kpi, label=label, grain=grain, cut=""))
        if by:
            name = f"{kpi.name}_by_{'_'.join(by)}"
            while name in taken:
                name += "_"
            taken.add(name)
            words = ", ".join(by)
            found.append(Measure(name=name, kpi=kpi, label=f"{label} by {words}", grain=grain, cut=words))
    return found, sorted(dimensions)


# -- Tableau: https://help.tableau.com/current/pro/desktop/en-us/export_connection.htm


def _tableau(emission: Emission, found: Sequence[Measure], dimensions: Sequence[str]) -> str:
    fields = [*_COLUMNS, *((f"dim_{name}", "string", f"Dimension {name}.") for name in dimensions)]
    lines = [
        "<?xml version='1.0' encoding='utf-8'?>",
        *(f"<?kpictl {line.replace('?>', '? >')}?>" for line in emission.header),
        f"<datasource formatted-name={quoteattr(f'KPIs of {emission.name}')} inline='true' version='18.1'>",
        "  <connection class='federated'>",
        "    <named-connections>",
        "      <named-connection caption='KPI store' name='kpi_store'>",
        "        <connection authentication='username-password' class='postgres' dbname='kpis' port='5432'"
        " server='kpi-store' sslmode='require' username='kpi_reader' />",
        "      </named-connection>",
        "    </named-connections>",
        f"    <relation connection='kpi_store' name='{VIEW}' table='[public].[{VIEW}]' type='table' />",
        "  </connection>",
    ]
    for name, kind, meaning in fields:
        role = "role='measure' type='quantitative'" if kind == "real" else "role='dimension' type='nominal'"
        hidden = " hidden='true'" if name == "kpi_value" else ""
        lines.append(f"  <column caption='{name}' datatype='{kind}'{hidden} name='[{name}]' {role}>")
        lines += [f"    {_described(meaning)}", "  </column>"]
    for each in found:
        rows = f'[kpi_name] = "{each.kpi.name}" AND [grain] = "{each.grain}" AND [cut] = "{each.cut}"'
        formula = f"IF COUNT(IF {rows} THEN 1 END) = 1 THEN MAX(IF {rows} THEN [kpi_value] END) END"
        lines += [
            f"  <column caption={_attribute(each.label)} datatype='real' name='[m_{each.name}]' role='measure'"
            " type='quantitative'>",
            f"    <calculation class='tableau' formula={_attribute(formula)} />",
        ]
        if each.kpi.description:
            lines.append(f"    {_described(each.kpi.description)}")
        lines.append("  </column>")
    return "\n".join([*lines, "</datasource>", ""])


def _described(text: str) -> str:
    said = escape(text, {"\r": "&#13;"})
    return f"<desc><formatted-text><run>{said}</run></formatted-text></desc>"


def _attribute(text: str) -> str:
    return quoteattr(text, {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})


# -- Power BI: https://learn.microsoft.com/power-bi/connect-data/desktop-data-sources#using-pbids-files-to-get-data
#    and https://learn.microsoft.com/analysis-services/tmdl/tmdl-overview

_POWER_BI = {
    "version": "0.1",
    "connections": [
        {
            "details": {"protocol": "postgresql", "address": {"server": "kpi-store:5432", "database": "kpis"}},
            "mode": "Import",
        }
    ],
}


def _tmdl(emission: Emission, found: Sequence[Measure], dimensions: Sequence[str]) -> str:
    """Lines are indented by tabs; what users wrote stands in JSON of one line, and as `///` above."""
    lines = [commented(emission.header, "///"), f"table {VIEW}", ""]
    for each in found:
        rows = " && ".join(
            f'{VIEW}[{column}] = "{value}"'
            for column, value in (("kpi_name", each.kpi.name), ("grain", each.grain), ("cut", each.cut))
        )
        if each.kpi.description:
            lines += [f"\t{line}" for line in commented(each.kpi.description, "///").split("\n")]
        texts = {"label": each.label, "description": each.kpi.description, "owner": each.kpi.owner}
        said = {key: text for key, text in texts.items() if text}
        lines += [
            f"\tmeasure m_{each.name} =",
            f"\t\t\tVAR meant = FILTER({VIEW}, {rows})",
            f"\t\t\tRETURN IF(COUNTROWS(meant) = 1, MAXX(meant, {VIEW}[kpi_value]))",
            f"\t\tannotation kpictl = {json_literal(said)}",
            "",
        ]
    fields = [*_COLUMNS, *((f"dim_{name}", "string", "") for name in dimensions)]
    for name, kind, _ in fields:
        lines += [f"\tcolumn {name}", f"\t\tdataType: {_TMDL[kind]}"]
        lines += ["\t\tisHidden"] if name == "kpi_value" else []
        lines += ["\t\tsummarizeBy: none", f"\t\tsourceColumn: {name}", ""]
    lines += [
        f"\tpartition {VIEW} = m",
        "\t\tmode: import",
        "\t\tsource =",
        "\t\t\t\tlet",
        '\t\t\t\t    Source = PostgreSQL.Database("kpi-store:5432", "kpis"),',
        f'\t\t\t\t    Found = Source{{[Schema="public", Item="{VIEW}"]}}[Data]',
        "\t\t\t\tin",
        "\t\t\t\t    Found",
        "",
    ]
    return "\n".join(lines)


# -- Looker: https://cloud.google.com/looker/docs/reference/param-view


def _lookml(emission: Emission, found: Sequence[Measure], dimensions: Sequence[str]) -> str:
    lines = [
        commented(emission.header, "#"),
        f"view: {VIEW} {{",
        f"  sql_table_name: {VIEW} ;;",
        "",
        "  dimension_group: time {",
        "    type: time",
        "    timeframes: [raw, date, week, month, quarter, year]",
        '    description: "The bucket\'s start."',
        "    sql: ${TABLE}.time ;;",
        "  }",
        "",
    ]
    plain = [(name, meaning) for name, kind, meaning in _COLUMNS if kind == "string"]
    for name, meaning in [*plain, *((f"dim_{name}", f"Dimension {name}.") for name in dimensions)]:
        lines += [f"  dimension: {name} {{", "    type: string", f"    description: {lookml_text(meaning)}"]
        lines += [f"    sql: ${{TABLE}}.{name} ;;", "  }", ""]
    for each in found:
        rows = (
            f"${{TABLE}}.kpi_name = {sql_literal(each.kpi.name)} AND ${{TABLE}}.grain = {sql_literal(each.grain)}"
            f" AND ${{TABLE}}.cut = {sql_literal(each.cut)}"
        )
        lines += [
            f"  measure: m_{each.name} {{",
            "    type: number",
            f"    label: {lookml_text(each.label)}",
        ]
        if each.kpi.description:
            lines.append(f"    description: {lookml_text(each.kpi.description)}")
        lines += [
            f"    sql: CASE WHEN COUNT(CASE WHEN {rows} THEN 1 END) = 1",
            f"      THEN MAX(CASE WHEN {rows} THEN ${{TABLE}}.kpi_value END) END ;;",
            "  }",
            "",
        ]
    return "\n".join([*lines[:-1], "}", ""])


def _explore(emission: Emission) -> str:
    label = lookml_text(f"KPIs of {emission.name}")
    include = json.dumps(f"/{VIEW}.view.lkml")
    return f"{commented(emission.header, '#')}\ninclude: {include}\n\nexplore: {VIEW} {{\n  label: {label}\n}}\n"


def lookml_text(text: str) -> str:
    """A quoted text of LookML; what Liquid would fill in is said to be text:
    https://cloud.google.com/looker/docs/liquid-variable-reference"""
    plain = _LIQUID.sub("{{ '{' }}", text)
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'


EMITTER = Emitter(
    name="bi",
    summary="the store's values for Tableau, Power BI and Looker, with a measure for each KPI",
    make=make,
)
