# Sourced by the scripts that build and deploy: what they say, and their help.
set -euo pipefail

say() { printf '%s %s\n' "$(date +%T)" "$*" >&2; }

# die MESSAGE: what is wrong and what to do.
die() {
  printf '%s\n' "$*" >&2
  exit 1
}

# usage SCRIPT: its own head comment, as help.
usage() {
  sed -n '2,/^[^#]/{/^#/{s/^# \{0,1\}//;p;};}' "$1"
  exit 0
}

# need COMMAND WHERE: or say where it comes from.
need() { command -v "$1" >/dev/null || die "$1 is not on PATH. $2"; }
