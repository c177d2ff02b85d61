# Sourced by scripts/kind-test: installs stand-ins for AWS that only tests need: moto's server and the
# AWS command line from PyPI, and a registry from a Go module. Sets MOTO_SERVER, REGISTRY_SERVER and
# PATH. Tests are skipped by name if a variable is not set.

stand_ins=${XDG_CACHE_HOME:-$HOME/.cache}/keepsake/aws-stand-in

install_stand_ins() {
  if [ ! -x "$stand_ins/bin/moto_server" ] && command -v python3 >/dev/null; then
    say "Installing a stand-in for AWS"
    python3 -m venv "$stand_ins" && "$stand_ins/bin/pip" install --quiet 'moto[server]==5.2.5' 'awscli==1.46.3' >&2 || return 0
  fi
  if [ ! -x "$stand_ins/bin/crane" ] && command -v go >/dev/null; then
    GOBIN=$stand_ins/bin GOFLAGS=-mod=mod go install github.com/google/go-containerregistry/cmd/crane@v0.22.1 >&2 || return 0
  fi
  [ ! -x "$stand_ins/bin/moto_server" ] || export MOTO_SERVER=$stand_ins/bin/moto_server
  [ ! -x "$stand_ins/bin/crane" ] || export REGISTRY_SERVER=$stand_ins/bin/crane
  export PATH=$PATH:$stand_ins/bin
}
