# Sourced by the scripts that build and deploy: messages and help.
set -euo pipefail

say() { printf '%s %s\n' "$(date +%T)" "$*" >&2; }

# die MESSAGE: the problem and the remedy.
die() {
  printf '%s\n' "$*" >&2
  exit 1
}

# usage SCRIPT: its own head comment, as help.
usage() {
  sed -n '2,/^[^#]/{/^#/{s/^# \{0,1\}//;p;};}' "$1"
  exit 0
}

# need COMMAND REMEDY
need() { command -v "$1" >/dev/null || die "$1 is not on PATH. $2"; }
