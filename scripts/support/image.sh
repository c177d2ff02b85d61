# Sourced by the scripts that build images: the container tool, and the image's labels.
source "$(dirname "${BASH_SOURCE[0]}")/say.sh"

tool=${CONTAINER_TOOL:-docker}
need "$tool" "Install Docker (https://docs.docker.com/get-docker/), or set CONTAINER_TOOL to podman."

# The command docker may be podman, whose options differ.
is_podman() { "$tool" --version | grep -qi podman; }
has_buildx() { "$tool" buildx version >/dev/null 2>&1; }

in_git() { git rev-parse HEAD >/dev/null 2>&1; }
is_clean() { [ -z "$(git status --porcelain)" ]; }

# The commit, marked if there are uncommitted changes.
revision() {
  if ! in_git; then
    echo unknown
  elif is_clean; then
    git rev-parse HEAD
  else
    echo "$(git rev-parse HEAD)-modified"
  fi
}

# The commit's time, in seconds since 1970: the time of every file in the image.
source_date() {
  if [ -n "${SOURCE_DATE_EPOCH:-}" ]; then
    echo "$SOURCE_DATE_EPOCH"
  elif in_git; then
    git log -1 --format=%ct
  else
    echo 0
  fi
}

utc() { date -u -d "@$1" +%Y-%m-%dT%H:%M:%SZ 2>/dev/null || date -u -r "$1" +%Y-%m-%dT%H:%M:%SZ; }

# The Dockerfile's arguments, one a line.
build_arguments() {
  echo "SOURCE_DATE_EPOCH=$(source_date)"
  echo "REVISION=$(revision)"
  echo "VERSION=$(sed -n 's/^ *"version": "\(.*\)".*/\1/p' package.json | head -n 1)"
  echo "CREATED=$(utc "$(source_date)")"
}
