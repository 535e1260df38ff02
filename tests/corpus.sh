#!/usr/bin/env bash
# Over real repositories: no crash, no hang, exit 0 or 1; the same bytes twice; nothing told where a
# repository holds no CloudNativePG.
#   tests/corpus.sh BINARY DIRECTORY
set -euo pipefail
binary=$1
for repository in "$2"/*/; do
  name=$(basename "$repository")
  first=$(mktemp) second=$(mktemp)
  code=0
  timeout 60 "$binary" check --root "$repository" "$repository" --format json --checks > "$first" || code=$?
  timeout 60 "$binary" check --root "$repository" "$repository" --format json --checks > "$second" || true
  if [ "$code" -gt 1 ]; then echo "FAILED: $name ends with $code"; exit 1; fi
  cmp -s "$first" "$second" || { echo "FAILED: $name prints other bytes the second time"; exit 1; }
  python3 - "$first" "$name" <<'PY'
import json, sys
report = json.load(open(sys.argv[1]))
summary = report["summary"]
if report["failures"]:
    sys.exit(f"FAILED: {sys.argv[2]}: rules failed: {report['failures'][:3]}")
print(f"{sys.argv[2]:<36} {summary['files']:>5} files {summary['objects']:>4} objects "
      f"{summary['errors']:>3} errors {summary['warnings']:>3} warnings {summary['undecided']:>3} undecided "
      f"{len(summary['not_linted']):>3} not linted")
PY
  if ! grep -rqE 'postgresql\.cnpg\.io|barmancloud\.cnpg\.io' "$repository"; then
    python3 -c 'import json,sys; sys.exit(len(json.load(open(sys.argv[1]))["findings"]) > 0)' "$first" \
      || { echo "FAILED: $name has no CloudNativePG, and findings"; exit 1; }
  fi
  rm -f "$first" "$second"
done
