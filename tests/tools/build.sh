#!/usr/bin/env bash
# Builds the real programs that tests are held against: kube-apiserver, etcd, kubectl, helm, kustomize.
#
#   tests/tools/build.sh [DIR]
#
# Builds what DIR lacks and prints one path a line. DIR is by default a folder under cargo's target
# directory, named after what go.sum pins: a second run is instant, and a new version is built anew.
# A tool that could not be had is named on standard error; the others are built, and the exit is 1.
# CNPG_LINT_BUILD="helm kustomize" builds only these.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here" || exit 1

pinned() { cat -- */go.mod */go.sum | sha256sum | cut -c1-16; }
directory=${1:-${CARGO_TARGET_DIR:-$here/../../target}/tools/$(pinned)}
mkdir -p "$directory" || exit 1
directory=$(cd "$directory" && pwd)

# version MODULE PACKAGE: what is pinned. Programs built outside their own repository do not know it.
version() { (cd "$1" && go list -m -f '{{with .Replace}}{{.Version}}{{else}}{{.Version}}{{end}}' "$2"); }
# stamp PACKAGE NAME=VALUE…: linker flags that set variables of a package.
stamp() { local package=$1 one; shift; for one; do printf -- '-X %s.%s ' "$package" "$one"; done; }

flags_of() {
  local v
  case $1 in
    kube-apiserver | kubectl)
      v=$(version kubernetes k8s.io/kubernetes)
      stamp k8s.io/component-base/version "gitVersion=$v" gitMajor=1 "gitMinor=$(cut -d. -f2 <<<"$v")" ;;
    helm)
      stamp helm.sh/helm/v3/internal/version "version=$(version helm helm.sh/helm/v3)"
      # What `helm template` takes for the version of Kubernetes.
      v=$(version helm k8s.io/client-go | cut -d. -f2)
      stamp helm.sh/helm/v3/pkg/chartutil k8sVersionMajor=1 "k8sVersionMinor=$v"
      stamp helm.sh/helm/v3/pkg/lint/rules k8sVersionMajor=1 "k8sVersionMinor=$v" ;;
  esac
}

build() { # TOOL MODULE PACKAGE
  local tool=$1 module=$2 package=$3
  case " ${CNPG_LINT_BUILD:-$tool} " in *" $tool "*) ;; *) return 0 ;; esac
  if [ ! -x "$directory/$tool" ]; then
    command -v go >/dev/null || { echo "$tool: no Go here to build it with" >&2; return 1; }
    echo "building $tool" >&2
    # Built beside and renamed: another run never sees half a program.
    (cd "$module" && CGO_ENABLED=0 go build -trimpath -ldflags "-s -w $(flags_of_in "$tool")" \
      -o "$directory/.$tool.$$" "$package") &&
      mv "$directory/.$tool.$$" "$directory/$tool" ||
      { echo "$tool: could not be built" >&2; return 1; }
  fi
  echo "$directory/$tool"
}
flags_of_in() { (cd "$here" && flags_of "$1"); }

absent=0
build helm helm helm.sh/helm/v3/cmd/helm || absent=1
build kustomize kustomize sigs.k8s.io/kustomize/kustomize/v5 || absent=1
build etcd etcd go.etcd.io/etcd/server/v3 || absent=1
build kubectl kubernetes k8s.io/kubernetes/cmd/kubectl || absent=1
build kube-apiserver kubernetes k8s.io/kubernetes/cmd/kube-apiserver || absent=1
exit $absent
