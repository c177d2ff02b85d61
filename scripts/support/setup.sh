# Sourced by the scripts: changes to the repository's root, and installs the locked dependencies if needed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

need_node() {
  command -v node >/dev/null || {
    echo "Keepsake needs Node 20.19 or newer, which is not on PATH: https://nodejs.org" >&2
    exit 1
  }
  node -e '
    const [major, minor] = process.versions.node.split(".").map(Number);
    if (major > 20 || (major === 20 && minor >= 19)) process.exit(0);
    console.error(`Keepsake needs Node 20.19 or newer; this is ${process.version}.`);
    process.exit(1);
  '
}

# Skipped if the lock file is unchanged since the last installation.
install() {
  local stamp=node_modules/.keepsake-lock
  if ! cmp -s package-lock.json "$stamp"; then
    echo "Installing dependencies…" >&2
    npm ci --no-audit --no-fund --loglevel=error >&2
    cp package-lock.json "$stamp"
  fi
}

# Skipped if no source is newer than the last build; a folder's time covers deleted files.
build() {
  local stamp=build/.keepsake-built sources
  sources=(app k8s scripts package-lock.json tsconfig.json tsconfig.build.json)
  if [ -f "$stamp" ] && [ -z "$(find "${sources[@]}" -newer "$stamp" -print | head -n 1)" ]; then return; fi
  mkdir -p build && touch "$stamp.begun"
  npm run --silent build
  mv "$stamp.begun" "$stamp"
}

need_node
install
