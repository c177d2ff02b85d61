# Sourced by the scripts that apply manifests.

# manifests_of ENVIRONMENT: its file, as scripts/synth writes it.
manifests_of() { echo "dist/$1/keepsake.k8s.yaml"; }

# reject_examples ENVIRONMENT: ends the script if the environment has example values. Their annotation is on
# every object.
reject_examples() {
  local fields
  fields=$(sed -n 's/^ *"\{0,1\}example values: set \(.*\) in k8s.*/\1/p;' "$(manifests_of "$1")" | head -n 1)
  [ -z "$fields" ] ||
    die "The environment $1 still has example values, which exist in no account. Set $fields in k8s/environments/$1.ts, and run scripts/synth $1. Nothing was changed."
}

# Prints the namespace of the manifests in FILE, which may leave the Namespace itself to others.
namespace_of() { sed -n '/^kind: Deployment$/,/^---$/s/^  namespace: //p' "$1" | head -n 1; }
