#!/usr/bin/env bash
# The binary that the Containerfile builds: static, and at home in a root directory that holds nothing else.
#   tests/musl.sh
set -euo pipefail
cd "$(dirname "$0")/.."
target=$(uname -m)-unknown-linux-musl

rustup target add "$target" 2>/dev/null
if ! command -v musl-gcc >/dev/null && [ -z "$(printenv "CC_${target//-/_}" || true)" ]; then
  apt-get update -qq >/dev/null && apt-get install -y -qq musl-tools >/dev/null
fi
cargo build --locked --release --quiet --bin cnpg-lint --target "$target"
directory=$(cargo metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
binary=$directory/$target/release/cnpg-lint

failed() { echo "FAILED: $*"; exit 1; }
dynamic=$(readelf --wide --program-headers --dynamic "$binary" | grep -E 'INTERP|NEEDED' || true)
[ -z "$dynamic" ] || failed "not static: $dynamic"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cp "$binary" "$scratch/cnpg-lint"
cp -r fixtures "$scratch/fixtures"
# As in the image: no shell, no libraries, no /proc.
if [ "$(id -u)" = 0 ]; then
  enter=(chroot --userspec=65532:65532 "$scratch")
else
  enter=(unshare --user --map-root-user chroot "$scratch")
fi
inside() { "${enter[@]}" /cnpg-lint "$@"; }
chmod -R a+rX "$scratch"
expect() { # CODE ARGUMENT…
  local expected=$1 code=0; shift
  inside "$@" >"$scratch/log" 2>&1 || code=$?
  [ "$code" = "$expected" ] || { cat "$scratch/log"; failed "$* gave $code in an empty root"; }
}
expect 0 --version
expect 0 check --root fixtures/good fixtures/good
expect 1 check --root fixtures/bad fixtures/bad
echo "musl: static, $(($(stat -c %s "$binary") / 1024)) KiB, judges in an empty root"
