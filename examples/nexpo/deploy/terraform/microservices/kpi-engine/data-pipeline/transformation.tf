# Made by kpictl from the definitions of project nexpo; changes made here are lost.
# Make it again: kpictl emit terraform --target prod --out examples/nexpo/deploy/terraform

# What a container does before its command: the definitions that Terraform was given join those of the image, and all are
# checked. A refusal ends it, so the health check fails and the slot gets no traffic. The service also makes its tables.
# A kpictl without `serve` answers health checks alone, one without `ingest` waits: the README says what that means.
locals {
  program = {
    name        = "kpictl"
    port        = 8080
    health      = "/health"
    serve       = ["serve", "--host", "0.0.0.0", "--port", "8080"]
    entry_point = ["sh", "-c", local.start, "kpictl"]
    environment = merge(local.environment, { KPI_DEFINITIONS_SHA256 = sha256(var.definitions) })
    # What the profile reads; whichever of these is known to Terraform, or given to it, comes from the secret store.
    reads = ["DRUID_URL", "KPI_STORE_DSN"]
  }

  # A container reads its definitions when it starts; the sum of others makes a new release.
  environment = {
    "KPICTL_PROJECT_DIR" = "/project"
    "NO_COLOR"           = "1"
    "KPICTL_TARGET"      = "prod"
  }

  start = <<-EOT
    set -eu
    mkdir -p /tmp/project
    cp -R /project/. /tmp/project
    export KPICTL_PROJECT_DIR=/tmp/project
    if [ -n "$${KPI_DEFINITIONS:-}" ]; then
      printf '%s' "$KPI_DEFINITIONS" > /tmp/project/kpis/terraform.yml
    fi
    kpictl check
    if [ "$1" = serve ]; then kpictl store migrate; fi
    case "$1" in
    serve)
    kpictl serve --help > /dev/null 2>&1 || exec python -c 'import http.server, json, signal, subprocess, sys, threading, time
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
    ' "$@"
    ;;
    ingest)
    kpictl ingest --help > /dev/null 2>&1 || exec python -c 'import signal
    print("this kpictl has no command ingest: sources are read where they are, nothing is brought in", flush=True)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM, signal.SIGINT])
    signal.sigwait([signal.SIGTERM, signal.SIGINT])
    '
    ;;
    esac
    exec kpictl "$@"
  EOT
}
