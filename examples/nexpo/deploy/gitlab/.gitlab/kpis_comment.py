# Made by kpictl from the definitions of project nexpo; changes made here are lost.
# Make it again: kpictl emit gitlab --target prod --out examples/nexpo/deploy/gitlab
"""What a change does to KPIs, as one comment of its pull or merge request that is updated in place.

`kpis_comment.py BASE`: BASE is a checkout of the branch that the change goes to. It holds what `kpictl check` finds,
`kpictl plan --values` (the last buckets by the old and the new definition, which asks the store and the connections),
and how the SQL changes. With KPICTL_GATE=plan it ends as the plan does: 3 where a run would compute something.
"""
import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

PROJECT = 'nexpo'
OUTPUT = 'prod'
SECRETS = 'DRUID_URL KPI_STORE_DSN'.split()
MARK = "<!-- kpictl: " + re.sub(r"\W", "_", PROJECT) + " -->"


def said(*command, environment=None, folder=None):
    """Exit code and text of a command, without the values of secrets."""
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", errors="replace", env=environment,
        cwd=folder, check=False,
    )
    text = done.stdout
    for value in sorted(filter(None, map(os.environ.get, SECRETS)), key=len, reverse=True):
        text = text.replace(value, "***")
    for line in text.splitlines():
        # GitHub takes a line of the log that begins with two colons for an order.
        print("|", line)
    return done.returncode, text


def fenced(text, language="", limit=10000):
    """A block that nothing in the text ends: its fence is longer than any run of backticks inside."""
    shown = "".join(c if c in "\n\t" or c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    shown = re.sub("`{100,}", "`" * 99, shown)
    if len(shown) > limit:
        shown = shown[:limit] + "\n... the log of the job has the rest"
    # GitLab takes a line that begins with a slash for an order.
    shown = re.sub(r"^/", " /", shown.strip("\n"), flags=re.M)
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", shown)), default=0))
    return f"{fence}{language}\n{shown}\n{fence}\n"


def values():
    """The plan's exit code, and the section that shows it."""
    absent = [name for name in SECRETS if not os.environ.get(name)]
    if absent and len(absent) == len(SECRETS):
        told = f"Not shown: no secret that the profile reads is set here (forks are given none): {', '.join(absent)}.\n"
        return 0, told
    target = ["--target", OUTPUT] if OUTPUT else []
    environment = {name: value for name, value in os.environ.items() if name not in absent}
    code, text = said("kpictl", *target, "plan", "--values", "3", "--exit-code", environment=environment)
    told = "" if code in (0, 3) else f"The plan failed with {code}"
    told += f"; not set here: {', '.join(absent)}" if told and absent else ""
    return code, (f"{told}.\n\n" if told else "") + fenced(text, limit=20000)


def sql(base):
    """How the statements of jobs change."""
    with tempfile.TemporaryDirectory() as folder:
        before, after = Path(folder, "before"), Path(folder, "after")
        for out in (before, after):
            (out / "sql").mkdir(parents=True)
        code, text = said("kpictl", "emit", "jobs", "--out", str(after))
        if code:
            return "There is no SQL: it is not compiled.\n\n" + fenced(text)
        code, _ = said("kpictl", "--project-dir", base, "emit", "jobs", "--out", str(before))
        told = "The base is not compiled, so all is new.\n\n" if code else ""
        _, text = said("diff", "-ruN", "before/sql", "after/sql", folder=folder)
    return told + (fenced(text, "diff", 25000) if text else "No statement changes.\n")


def ask(url, headers, method="GET", body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {**headers, "Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def put(body):
    """Makes the comment, or writes the one anew that an earlier run made."""
    at = os.environ
    if at.get("GITHUB_ACTIONS"):
        token, where = at.get("GH_TOKEN"), f"{at.get('GITHUB_API_URL')}/repos/{at.get('GITHUB_REPOSITORY')}/issues"
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/vnd.github+json"}
        listed, change = f"{where}/{at.get('NUMBER')}/comments", "PATCH"
        place = f"{where}/comments"
    else:
        token, where = at.get("KPICTL_COMMENT_TOKEN"), f"{at.get('CI_API_V4_URL')}/projects/{at.get('CI_PROJECT_ID')}"
        headers = {"PRIVATE-TOKEN": token or ""}
        listed, change = f"{where}/merge_requests/{at.get('CI_MERGE_REQUEST_IID')}/notes", "PUT"
        place = listed
    if not token:
        print("No comment: there is no token that may write one.")
        return
    me = None if at.get("GITHUB_ACTIONS") else ask(f"{at.get('CI_API_V4_URL')}/user", headers)["id"]
    page, found = 1, []
    while not found:
        each = ask(f"{listed}?per_page=100&page={page}", headers)
        # Anyone may write the mark: only what this robot wrote is its own.
        found = [
            c["id"] for c in each
            if c["body"].startswith(MARK) and (c["user"]["type"] == "Bot" if me is None else c["author"]["id"] == me)
        ]
        page += 1
        if len(each) < 100:
            break
    if found:
        ask(f"{place}/{found[0]}", headers, change, {"body": body})
    else:
        ask(listed, headers, "POST", {"body": body})


def main(base):
    base = str(Path(base).resolve())
    code, text = said("kpictl", "check")
    word = "Definitions are right" if code == 0 else f"Definitions are refused ({code})"
    gate, numbers = values()
    body = "\n".join(
        [MARK, f"### {word}", "", fenced(text), "### Values of what has another meaning", "", numbers,
         "### SQL of the KPIs that this change reaches", "", sql(base)]
    )
    if os.environ.get("GITHUB_STEP_SUMMARY"):
        with open(os.environ["GITHUB_STEP_SUMMARY"], "a", encoding="utf-8") as summary:
            summary.write(body)
    try:
        put(body)
    except urllib.error.HTTPError as error:
        if error.code not in (401, 403):
            raise
        print(f"No comment: the token may not write one ({error.code}).")
    return gate if os.environ.get("KPICTL_GATE") == "plan" else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
