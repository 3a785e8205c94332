"""Other servers that answer the same request: nginx with a constant, Prism, openapi-backend and WireMock, installed from npm.

What cannot be had here is left out, with a line on stderr that says why.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.servers import ROOT, Target
from benchmarks.workloads import Workload

PACKAGES = {
    "@stoplight/prism-cli": "5.15.11",
    "openapi-backend": "5.21.2",
    "wiremock": "3.13.2",  # carries the jar
}
_NGINX_KINDS = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
HOME = Path(tempfile.gettempdir()) / "mockserver-benchmark-peers"


def peers(workload: Workload, home: Path = HOME) -> Iterator[Target]:
    """Yield those that can answer the request, in order of speed."""
    document = workload.document or ROOT / "openapi.yaml"
    if document.name == "stripe.json":  # Prism gave no answer to it in 90 s
        document_peers = []
    else:
        document_peers = [openapi_backend(home, document), prism(home, document)]
    stub = wiremock(home, workload) if workload.document is None else None
    yield from filter(None, (nginx(home, workload), stub, *document_peers))


def nginx(home: Path, workload: Workload) -> Target | None:
    """Return nginx with one worker that answers constant bytes: what C does without looking."""
    program = shutil.which("nginx")
    if not program:
        _left_out("nginx", "it is not installed (apt-get install nginx)")
        return None
    folder = _empty(home / "nginx")
    text = workload.constant.decode().replace("'", "\\'").replace("$", "")
    temporary = " ".join(f"{kind}_temp_path {kind};" for kind in _NGINX_KINDS)
    (folder / "nginx.conf").write_text(
        "daemon off; worker_processes 1; pid nginx.pid; error_log stderr crit;\n"
        "events { worker_connections 1024; }\n"
        f"http {{ {temporary} access_log off; keepalive_requests 1000000000;\n"
        "default_type application/json;\n"
        f"server {{ listen 127.0.0.1:PORT; return {workload.ask.status} '{text}'; }} }}\n"
    )
    start = (
        f"sed -i s/PORT/{{port}}/ {folder}/nginx.conf && exec {program} -p {folder} -c nginx.conf"
    )
    return Target("nginx, constant", ["sh", "-c", start], constant=True)


def prism(home: Path, document: Path) -> Target | None:
    """Return Prism on a document."""
    package = _installed(home, "@stoplight/prism-cli")
    if package is None:
        return None
    entry = json.loads((package / "package.json").read_text())["bin"]["prism"]
    command = ["node", str(package / entry), "mock", "-p", "{port}", str(document)]
    return Target(f"Prism {PACKAGES['@stoplight/prism-cli']}", command)


def openapi_backend(home: Path, document: Path) -> Target | None:
    """Return openapi-backend on a document, in the few lines of Node that its users write."""
    package = _installed(home, "openapi-backend")
    if package is None:
        return None
    script = Path(__file__).with_name("openapi_backend.js")
    command = ["node", str(script), str(package), str(document), "{port}"]
    return Target(f"openapi-backend {PACKAGES['openapi-backend']}", command)


def wiremock(home: Path, workload: Workload) -> Target | None:
    """Return WireMock with a stub for the request, its journal on as it is by default."""
    package = _installed(home, "wiremock")
    if package is None:
        return None
    if not shutil.which("java"):
        _left_out("WireMock", "there is no java")
        return None
    ask = workload.ask
    asked: dict[str, object] = {"method": ask.method, "urlPath": ask.path}
    if ask.headers:
        asked["headers"] = {name: {"equalTo": value} for name, value in ask.headers.items()}
    answer = {
        "status": ask.status,
        "body": workload.constant.decode(),
        "headers": {"Content-Type": "application/json"},
    }
    folder = _empty(home / "wiremock")
    (folder / "mappings").mkdir()
    stub = json.dumps({"request": asked, "response": answer})
    (folder / "mappings" / "stub.json").write_text(stub)
    jar = next(package.glob("build/*.jar"))
    options = ["--port", "{port}", "--root-dir", str(folder), "--disable-banner"]
    return Target(f"WireMock {PACKAGES['wiremock']}", ["java", "-jar", str(jar), *options])


def _installed(home: Path, name: str) -> Path | None:
    """Return the folder of a package from npm, after installing it where it is not there."""
    package = home / "node_modules" / name
    if package.exists():
        return package
    npm = shutil.which("npm")
    if not npm:
        _left_out(name, "there is no npm")
        return None
    home.mkdir(parents=True, exist_ok=True)
    wanted = [f"{name}@{version}" for name, version in PACKAGES.items()]
    print(f"installing {', '.join(wanted)} into {home}", file=sys.stderr)
    options = ["--no-fund", "--no-audit", "--silent", "--prefix", str(home)]
    subprocess.run([npm, "install", *options, *wanted], check=True)
    return package


def _empty(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _left_out(name: str, why: str) -> None:
    print(f"{name} is left out: {why}", file=sys.stderr)
