#!/usr/bin/env bash
# The hook, run by the real pre-commit in a scratch repository: a commit with a bad Cluster is
# stopped, a good one passes.
#   tests/pre-commit.sh BINARY PRE-COMMIT
set -euo pipefail
binary=$1
precommit=$2
hooks=$(cd "$(dirname "$0")/.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export PRE_COMMIT_HOME=$scratch/home PATH="$(dirname "$binary"):$PATH"
export GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@example.org GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@example.org

# The hooks as they stand here, committed or not, as a repository of their own.
mkdir "$scratch/hooks" && cp "$hooks/.pre-commit-hooks.yaml" "$scratch/hooks"
git -C "$scratch/hooks" init -q && git -C "$scratch/hooks" add -A && git -C "$scratch/hooks" commit -qm hooks

git init -q "$scratch/repo" && cd "$scratch/repo"
cat > .pre-commit-config.yaml <<YAML
repos:
  - repo: $scratch/hooks
    rev: $(git -C "$scratch/hooks" rev-parse HEAD)
    hooks: [{id: cnpg-lint-system}]
YAML
cat > .cnpg-lint.yaml <<'YAML'
rules: {scheduled-backup-missing: off}
YAML
"$precommit" install >/dev/null

cluster() { # instances
  cat <<YAML
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: {name: orders, namespace: shop}
spec:
  instances: $1
  imageName: ghcr.io/cloudnative-pg/postgresql:17.5
  storage: {size: 10Gi}
  walStorage: {size: 2Gi}
  plugins:
    - {name: barman-cloud.cloudnative-pg.io, isWALArchiver: true, parameters: {barmanObjectName: offsite}}
---
apiVersion: barmancloud.cnpg.io/v1
kind: ObjectStore
metadata: {name: offsite, namespace: shop}
spec:
  retentionPolicy: 30d
  configuration:
    destinationPath: s3://orders-backup/
    s3Credentials: {inheritFromIAMRole: true}
YAML
}

cluster 1 > database.yaml
git add -A
if git commit -qm "a bad Cluster" > "$scratch/log" 2>&1; then
  cat "$scratch/log"; echo "FAILED: the bad Cluster was committed"; exit 1
fi
grep -q 'error\[instances-min-2\]' "$scratch/log" || { cat "$scratch/log"; echo "FAILED: not stopped by the rule"; exit 1; }
cluster 2 > database.yaml
git add -A
git commit -qm "a good Cluster" > "$scratch/log" 2>&1 || { cat "$scratch/log"; echo "FAILED: the good Cluster was stopped"; exit 1; }
# A change of one file that breaks a reference of another.
cat > schedule.yaml <<'YAML'
apiVersion: postgresql.cnpg.io/v1
kind: ScheduledBackup
metadata: {name: nightly, namespace: shop}
spec:
  schedule: "0 0 2 * * *"
  cluster: {name: orders}
  method: plugin
  pluginConfiguration: {name: barman-cloud.cloudnative-pg.io}
YAML
git add -A && git commit -qm "a schedule" > "$scratch/log" 2>&1 || { cat "$scratch/log"; echo "FAILED: the schedule was stopped"; exit 1; }
sed -i 's/name: orders/name: renamed/' database.yaml
git add -A
if git commit -qm "a rename" > "$scratch/log" 2>&1; then echo "FAILED: the orphaned schedule was not told"; exit 1; fi
grep -q 'scheduled-backup-orphan' "$scratch/log" || { cat "$scratch/log"; exit 1; }
echo "pre-commit: the bad Cluster was stopped, the good one passed, a finding caused in another file was told"
