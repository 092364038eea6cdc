"""Texts that break out of formats, each of which must come back from a parser byte for byte."""

from __future__ import annotations

TEXTS = (
    '${file("/etc/passwd")}',
    "$${x} %%{ if true } $$${y}",
    "%{ if true }x%{ endif }",
    "<<EOF\n${x}\nEOF\n",
    "quo\"te and 'single' and `tick` and {brace}",
    "back\\slash \\n \\u0041 \\",
    "{{ 7*7 }} {% raw %} {# c #} {{ $labels.kpi }}",
    "*/ ; DROP TABLE kpi_metrics; --",
    "' OR '1'='1",
    '"}], "x": [{"',
    "]]> <script>alert(1)</script> --> &amp;",
    "a: b # c\n- d\n--- \n...\n",
    "!!python/object:x &anchor *alias",
    "line\r\nbreak\rcr",
    "tab\tand trailing space \n and more \n",
    "next\x85line\u2028sep\u2029par",
    "NO",
    "null",
    "012",
    "12:30:45",
    "1e3",
    "~",
    " leading",
    "trailing ",
    "\n\nnewlines\n\n",
    "x" * 300,
    "Ünïcödé · İıſK 汉字 🎉 \u202eRTL\u200b\ufeff",
    "select",
    "$(touch /tmp/x) `id` ${HOME} $HOME",
    "@channel <!channel> <@U1>",
    "\x7f\x9f\x01".replace("\x01", "\x0b"),
    "",
)
"""kpictl reads no control characters but line ends and tabs from YAML; some stand here all the same."""
