# Sourced by scripts/kind-test.

gateway_api_version=v1.6.1

# Prints where the definitions of the Gateway API are, for kubectl apply -f: the folder of its Go module,
# or else its release.
gateway_api() {
  local folder
  folder=$(go mod download -json "sigs.k8s.io/gateway-api@$gateway_api_version" 2>/dev/null |
    sed -n 's/^[[:space:]]*"Dir": "\(.*\)",\{0,1\}$/\1/p') || true
  if [ -n "$folder" ]; then
    echo "$folder/config/crd/standard"
  else
    echo "https://github.com/kubernetes-sigs/gateway-api/releases/download/$gateway_api_version/standard-install.yaml"
  fi
}
