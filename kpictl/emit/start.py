"""What a container of the service runs: the command where its kpictl has it, else what stands in for it."""

from __future__ import annotations

import textwrap

from kpictl.emit.literals import Text

# No single quote may stand in it. `kpictl debug` tries project, profile, connections and store.
_HEALTH = """\
import http.server, json, signal, subprocess, sys, threading, time
last = [0.0, 503]
lock = threading.Lock()
def tried():
    with lock:
        if time.monotonic() - last[0] > 60 or not last[0]:
            code = subprocess.run(["kpictl", "debug"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
            last[:] = [time.monotonic(), 200 if code == 0 else 503]
        return last[1]
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        path = self.path.partition("?")[0]
        code = 200 if path == "/health" else tried() if path in ("/health/detailed", "/health/data-sources") else 404
        body = json.dumps({"status": {200: "ok", 404: "not found", 503: "failing"}[code]}).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *told):
        pass
signal.signal(signal.SIGTERM, lambda *told: sys.exit(0))
port = int(sys.argv[sys.argv.index("--port") + 1])
print("this kpictl has no command serve: answering health checks alone", flush=True)
http.server.ThreadingHTTPServer(("", port), Answer).serve_forever()
"""
_WAIT = """\
import signal
print("this kpictl has no command ingest: sources are read where they are, nothing is brought in", flush=True)
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM, signal.SIGINT])
signal.sigwait([signal.SIGTERM, signal.SIGINT])
"""


def start_lines(indent: int = 0) -> Text:
    """The end of a shell script whose arguments are kpictl's; indented for a heredoc of HCL, which takes that away."""
    text = (
        'case "$1" in\n'
        f"serve)\nkpictl serve --help > /dev/null 2>&1 || exec python -c '{_HEALTH}' \"$@\"\n;;\n"
        f"ingest)\nkpictl ingest --help > /dev/null 2>&1 || exec python -c '{_WAIT}'\n;;\n"
        'esac\nexec kpictl "$@"'
    )
    return Text(textwrap.indent(text, " " * indent))
