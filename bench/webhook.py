#!/usr/bin/env python3
"""Measures the admission webhook against its floor: the same HTTPS server with a reply that is always the same.

    bench/webhook.py                                             the floor alone
    bench/webhook.py -- target/release/cnpg-lint serve …         both, in turn

What follows `--` is started with `--listen`, `--health-listen`, `--tls-cert` and `--tls-key` added. CPU time is
the server's own (/proc), so that it does not matter what the caller costs; both servers take turns in one
session, and what counts is the ratio. Needs `cargo build --release -p serve --examples`, and two CPUs: one for
the server, one for the caller.
"""

import argparse
import json
import os
import pathlib
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
TICKS = os.sysconf("SC_CLK_TCK")


def compact(thing):
    return json.dumps(thing, separators=(",", ":"))


def cluster(name, spec, padding):
    """A Cluster as the API server sends it: with managed fields, until it is about `padding` bytes long."""
    metadata = {
        "name": name,
        "namespace": "shop",
        "uid": "0f6c0b52-6f0d-4d55-9d5c-2f4f6c1f6a7e",
        "resourceVersion": "184467",
        "generation": 4,
        "creationTimestamp": "2026-01-05T08:00:00Z",
        "annotations": {},
    }
    thing = {"apiVersion": "postgresql.cnpg.io/v1", "kind": "Cluster", "metadata": metadata, "spec": spec}
    applied = compact(thing)
    if padding > 2 * len(applied):
        metadata["annotations"]["kubectl.kubernetes.io/last-applied-configuration"] = applied
    fields = {}
    for number in range(max(0, padding - len(compact(thing))) // 51):
        fields[f"f:field{number:06}"] = {".": {}, "f:name": {}, "f:value": {}}
    if fields:
        manager = {"manager": "kubectl", "operation": "Update", "apiVersion": "postgresql.cnpg.io/v1"}
        metadata["managedFields"] = [manager | {"fieldsType": "FieldsV1", "fieldsV1": {"f:spec": fields}}]
    return thing


def good():
    return {
        "instances": 3,
        "imageName": "ghcr.io/cloudnative-pg/postgresql:17.5-202506020901-standard-bookworm",
        "storage": {"size": "20Gi", "storageClass": "fast"},
        "walStorage": {"size": "5Gi", "storageClass": "fast"},
        "affinity": {"enablePodAntiAffinity": True, "topologyKey": "kubernetes.io/hostname", "podAntiAffinityType": "required"},
        "resources": {"requests": {"cpu": "1", "memory": "2Gi"}, "limits": {"memory": "2Gi"}},
        "postgresql": {
            "parameters": {"max_connections": "200", "shared_buffers": "512MB", "log_statement": "ddl"},
            "synchronous": {"method": "any", "number": 1},
        },
        "plugins": [
            {"name": "barman-cloud.cloudnative-pg.io", "enabled": True, "isWALArchiver": True, "parameters": {"barmanObjectName": "offsite"}}
        ],
        "monitoring": {"enablePodMonitor": True},
        "enableSuperuserAccess": False,
    }


def before():
    """As the good one, but for a parameter: a change that is judged and refused by nothing."""
    spec = good()
    spec["postgresql"]["parameters"]["log_statement"] = "all"
    return spec


def denied():
    spec = good()
    spec["instances"] = 1
    del spec["plugins"], spec["postgresql"]["synchronous"]
    return spec


def bad():
    """About twenty findings."""
    return {
        "instances": 1,
        "imageName": "ghcr.io/cloudnative-pg/postgresql:latest",
        "storage": {"size": "1Gi"},
        "enableSuperuserAccess": True,
        "enablePDB": False,
        "primaryUpdateMethod": "restart",
        "affinity": {"enablePodAntiAffinity": False},
        "bootstrap": {"initdb": {"postInitSQL": ["CREATE USER app PASSWORD 'secret'"], "encoding": "SQL_ASCII"}},
        "env": [{"name": "PGPASSWORD", "value": "secret"}],
        "postgresql": {
            "parameters": {
                "fsync": "off",
                "full_page_writes": "off",
                "synchronous_commit": "off",
                "autovacuum": "off",
                "max_connections": "9000",
                "shared_bufers": "128MB",
                "work_mem": "8GB",
                "wal_level": "minimal",
            },
            "pg_hba": ["host all all 0.0.0.0/0 trust", "host all all ::/0 trust"],
        },
        "managed": {"services": {"additional": [{"selectorType": "rw", "serviceTemplate": {"metadata": {"name": "out"}, "spec": {"type": "LoadBalancer"}}}]}},
        "backup": {"barmanObjectStore": {"destinationPath": "s3://backup/", "endpointURL": "http://minio.shop.svc:9000"}, "retentionPolicy": "1d"},
        "logLevel": "trace",
    }


def review(operation, spec, bytes_of_objects, old):
    size = bytes_of_objects // 2 if operation == "UPDATE" else bytes_of_objects
    request = {
        "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
        "kind": {"group": "postgresql.cnpg.io", "version": "v1", "kind": "Cluster"},
        "resource": {"group": "postgresql.cnpg.io", "version": "v1", "resource": "clusters"},
        "requestKind": {"group": "postgresql.cnpg.io", "version": "v1", "kind": "Cluster"},
        "requestResource": {"group": "postgresql.cnpg.io", "version": "v1", "resource": "clusters"},
        "name": "orders",
        "namespace": "shop",
        "operation": operation,
        "userInfo": {"username": "anna", "groups": ["system:authenticated"]},
        "object": cluster("orders", spec, size),
        "oldObject": cluster("orders", old, size) if operation == "UPDATE" else None,
        "dryRun": False,
        "options": {"kind": f"{operation.title()}Options", "apiVersion": "meta.k8s.io/v1"},
    }
    return compact({"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "request": request})


def large(spec):
    """The same with as many lines of access rules as fill an object that is still accepted."""
    lines = [f"hostssl app{number} app{number} 10.{number // 250}.{number % 250}.0/24 scram-sha-256" for number in range(5000)]
    return spec | {"postgresql": spec["postgresql"] | {"pg_hba": lines}}


CASES = [
    ("3 KB CREATE, allow", "CREATE", good, 3 << 10, 20000),
    ("26 KB UPDATE, unchanged", "UPDATE", before, 26 << 10, 20000),
    ("26 KB UPDATE, allow", "UPDATE", good, 26 << 10, 20000),
    ("26 KB UPDATE, deny", "UPDATE", denied, 26 << 10, 20000),
    ("26 KB UPDATE, twenty findings", "UPDATE", bad, 26 << 10, 20000),
    ("1.4 MB UPDATE, allow", "UPDATE", lambda: large(good()), 1400 << 10, 500),
]


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Server:
    """A server that runs, on a CPU of its own where there are two."""

    def __init__(self, command, arguments, log):
        self.address = f"127.0.0.1:{free_port()}"
        health = f"127.0.0.1:{free_port()}"
        start = time.perf_counter()
        self.process = subprocess.Popen(command + arguments(self.address, health), stderr=log, preexec_fn=pin(0))
        while True:
            try:
                urllib.request.urlopen(f"http://{health}/readyz", timeout=5).close()
                break
            except (urllib.error.URLError, ConnectionError):
                if self.process.poll() is not None or time.perf_counter() - start > 60:
                    sys.exit(f"{command} is not ready; see its log")
                time.sleep(0.001)
        self.ready = time.perf_counter() - start

    def cpu(self):
        """Seconds of CPU so far, user and system."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(") ", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory(self):
        """Peak resident MiB."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")) / 1024

    def end(self):
        self.process.terminate()
        self.process.wait()


def pin(cpu):
    """What a child does to stay on one CPU, where there is more than one."""
    return (lambda: os.sched_setaffinity(0, {cpu})) if len(os.sched_getaffinity(0)) > 1 else None


def load(program, server, folder, body, requests, rate):
    """Sends a body again and again; in flight are as many as keep the server busy, or one where there is a rate."""
    connections = 16 if body.stat().st_size < 100_000 else 4
    command = [program, server.address, folder / "ca.crt", body, str(requests), str(connections), str(rate)]
    done = subprocess.run(command, capture_output=True, text=True, preexec_fn=pin(1))
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout)


def answer(server, text):
    """What the reply says, in a word or two: so that what is measured is what the name of the case says."""
    request = urllib.request.Request(f"https://{server.address}/validate?timeout=5s", text.encode(), {"Content-Type": "application/json"})
    # Our own process on the loopback: who answers is no question here.
    trust = ssl.create_default_context()
    trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trust))
    response = json.load(opener.open(request))["response"]
    notes = response.get("auditAnnotations", {})
    told = sum(len(notes[key].split(",")) for key in ("denied", "warned", "audited") if key in notes)
    return f"{'allowed' if response['allowed'] else 'denied'}, {told} findings"


def micros(program, server, folder, body, requests):
    before = server.cpu()
    load(program, server, folder, body, requests, 0)
    return (server.cpu() - before) * 1e6 / requests


def measure(arguments, folder, servers):
    print(f"{'':<32}" + "".join(f"{name:>10}" for name in servers) + f"{'ratio':>8}{'p50':>8}{'p99':>8}")
    for name, operation, spec, size, requests in CASES:
        old = large(before()) if size > 1 << 20 else before()
        text = review(operation, spec(), size, old)
        body = folder / "body.json"
        body.write_text(text)
        requests = max(requests // arguments.divide, 10)
        taken = {server: [] for server in servers}
        for _ in range(arguments.rounds):
            for server in servers:
                taken[server].append(micros(arguments.load, servers[server], folder, body, requests))
        medians = [statistics.median(values) for values in taken.values()]
        last = list(servers.values())[-1]
        rate = 1000 if len(text) < 100_000 else 50
        paced = load(arguments.load, last, folder, body, max(rate * 3 // arguments.divide, 10), rate)
        columns = "".join(f"{median:>7.1f} µs" for median in medians)
        ratio = f"{medians[-1] / medians[0]:>8.2f}"
        said = answer(last, text)
        print(f"{name + f' ({len(text)} B)':<32.32}{columns}{ratio}{paced['p50']:>5} µs{paced['p99']:>5} µs  {said}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    examples = HERE.parent / "target" / "release" / "examples"
    parser.add_argument("--examples", type=pathlib.Path, default=examples, help="where floor and load are")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--divide", type=int, default=1, help="send so many times fewer requests")
    parser.add_argument("target", nargs="*", help="the server to measure, after --")
    arguments = parser.parse_args()
    arguments.load = arguments.examples / "load"
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        subprocess.run([arguments.load, "certificates", folder], check=True)
        pair = [str(folder / "tls.crt"), str(folder / "tls.key")]
        servers = {}
        with open(folder / "log", "w") as log:
            plain = lambda address, health: [address, health, *pair, "0"]
            servers["floor"] = Server([str(arguments.examples / "floor")], plain, log)
            if arguments.target:
                flags = lambda address, health: ["--listen", address, "--health-listen", health, "--tls-cert", pair[0], "--tls-key", pair[1]]
                servers["webhook"] = Server(arguments.target, flags, log)
            idle = {name: server.memory() for name, server in servers.items()}
            try:
                measure(arguments, folder, servers)
                for name, server in servers.items():
                    print(f"\n{name}: ready after {server.ready * 1000:.0f} ms, {idle[name]:.1f} MiB idle, {server.memory():.1f} MiB at most")
            finally:
                for server in servers.values():
                    server.end()


if __name__ == "__main__":
    main()
