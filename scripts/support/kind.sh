# Sourced by the scripts for kind.
source "$(dirname "${BASH_SOURCE[0]}")/image.sh"

cluster=${KIND_CLUSTER:-keepsake}
namespace=keepsake
port=${PORT:-8080}
# The shared folder, in the nodes and on this machine.
shared=/var/lib/keepsake
data=${KEEPSAKE_KIND_DATA:-$PWD/data/kind}

need kind "Install it: https://kind.sigs.k8s.io/docs/user/quick-start/#installation"
need kubectl "Install it: https://kubernetes.io/docs/tasks/tools/"

kube() { kubectl --context "kind-$cluster" "$@"; }
in_namespace() { kube --namespace "$namespace" "$@"; }
cluster_exists() { kind get clusters 2>/dev/null | grep -qx "$cluster"; }
nodes() { kind get nodes --name "$cluster" 2>/dev/null; }
in_node() { "$tool" exec "$@"; }
