# Runs before the commands of docs/eks.md and docs/backup.md under test. The AWS command line talks to an emulator, kubectl
# to a real API server, and the scripts are the real ones. Other programs are replaced, and their calls
# recorded in $OTHERS. $INSTALLATION has the objects that the load balancer's controller installs.
set -euo pipefail

note() { printf '%s\n' "$*" >>"$OTHERS"; }
sleep() { :; }
# Its checks need pods.
scripts/preflight() { note scripts/preflight "$@"; }
# The restored folder, and the machine that mounts it.
scripts/check-data() { note scripts/check-data "$@"; }
sudo() { note sudo "$@"; }
ls() { [ "$*" != /mnt ] || echo "aws-backup-restore_2026-11-29T05-00-00"; }

helm() {
  note helm "$@"
  [[ $* != *aws-load-balancer-controller* ]] || command kubectl apply --server-side -f "$INSTALLATION"
}

# The network that eksctl makes with a cluster.
eksctl() {
  note eksctl "$@"
  [ "$1 $2" = "create cluster" ] || return 0
  local vpc subnet zone number=0
  vpc=$(aws ec2 create-vpc --cidr-block 10.9.0.0/16 --query Vpc.VpcId --output text)
  for zone in a b c; do
    for role in elb internal-elb; do
      subnet=$(aws ec2 create-subnet --vpc-id "$vpc" --cidr-block "10.9.$number.0/24" \
        --availability-zone "$AWS_REGION$zone" --query Subnet.SubnetId --output text)
      aws ec2 create-tags --resources "$subnet" --tags "Key=kubernetes.io/role/$role,Value=1"
      number=$((number + 1))
    done
  done
  aws ec2 create-security-group --group-name nodes --description nodes --vpc-id "$vpc"
  aws eks create-cluster --name "$CLUSTER" --role-arn "arn:aws:iam::$ACCOUNT:role/eks" --resources-vpc-config "subnetIds=$subnet"
}

# The emulator's clusters have no network and no API server of their own.
aws() {
  case "$*" in
    backup* | *replication-configuration*) AWS_ENDPOINT_URL=$BACKUP_SERVICE command aws "$@" ;;
    *update-kubeconfig*) note aws "$@" ;;
    *resourcesVpcConfig.vpcId*) command aws ec2 describe-vpcs --filters Name=cidr,Values=10.9.0.0/16 --query 'Vpcs[0].VpcId' --output text ;;
    *clusterSecurityGroupId*) command aws ec2 describe-security-groups --filters Name=group-name,Values=nodes --query 'SecurityGroups[0].GroupId' --output text ;;
    *) command aws "$@" ;;
  esac
}

# The load balancer that its controller makes for the ingress. Without controllers, a namespace is
# never removed.
kubectl() {
  note kubectl "$@"
  case "$*" in
    *"get ingress -o jsonpath"*)
      command kubectl -n keepsake get ingress web -o name >>"$OTHERS"
      aws elbv2 create-load-balancer --name keepsake --query 'LoadBalancers[0].DNSName' --output text \
        --subnets $(aws ec2 describe-subnets --filters Name=tag:kubernetes.io/role/elb,Values=1 --query 'Subnets[].SubnetId' --output text)
      ;;
    *"delete namespace"*) command kubectl "$@" --wait=false ;;
    *"delete pvc"* | *"delete pv"*)
      local kind=persistentvolume
      [[ $* != *pvc* ]] || kind=persistentvolumeclaim
      for object in "${@: -2}"; do
        command kubectl -n keepsake patch "$kind" "$object" --type=merge -p '{"metadata":{"finalizers":null}}'
      done
      command kubectl "$@"
      ;;
    *) command kubectl "$@" ;;
  esac
}

curl() {
  note curl "$@"
  [[ $* != *policy.json* ]] ||
    echo '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"elasticloadbalancing:*","Resource":"*"}]}' >"$FILES/policy.json"
}

# The reader's edits of the environment, with the values that the guide names.
edit_environment() {
  local name point file=k8s/environments/eks.ts
  for name in sessions records; do
    point=$(aws efs describe-access-points --file-system-id "$FS" \
      --query "AccessPoints[?Tags[?Value=='keepsake-$name']].AccessPointId" --output text)
    sed -i "s|^    $name: .*|    $name: \"$FS::$point\",|" "$file"
  done
  local listed
  listed=$(aws ec2 describe-subnets --filters "Name=vpc-id,Values=$VPC" Name=tag:kubernetes.io/role/elb,Values=1 \
    --query 'Subnets[].[SubnetId,CidrBlock]' --output text | sort -k 2)
  SUBNETS=$(cut -f 1 <<<"$listed") CIDRS=$(cut -f 2 <<<"$listed") node -e '
    const fs = require("node:fs");
    const list = (text) => JSON.stringify(text.split("\n"));
    const before = fs.readFileSync(process.argv[1], "utf8");
    fs.writeFileSync(process.argv[1], before
      .replace(/subnets: \[[^\]]*\]/, "subnets: " + list(process.env.SUBNETS))
      .replace(/subnetCidrs: \[[^\]]*\]/, "subnetCidrs: " + list(process.env.CIDRS)));' "$file"
  sed -i "s|chat.example.com|$HOST|; s|\"arn:aws:acm[^\"]*\"|\"$CERT\"|" "$file"
  git commit --quiet --all --message "Set the values of the account"
}

# The reader's edit after a restore.
edit_restored() {
  local name point file=k8s/environments/eks.ts
  for name in sessions records; do
    point=$(aws efs describe-access-points --file-system-id "$FS" \
      --query "AccessPoints[?Tags[?Value=='keepsake-$name-restored']].AccessPointId" --output text)
    sed -i "s|^    $name: .*|    $name: \"$FS::$point\",|" "$file"
  done
  git commit --quiet --all --message "Use the restored folders"
}

# Each volume leads into the restored folder, and pods run. An autoscaler does not act on 0 replicas.
expect_restored() {
  local name point
  for name in web backend; do
    [ "$(command kubectl -n keepsake get deployment "$name" -o jsonpath='{.spec.replicas}')" -gt 0 ]
  done
  for name in sessions records; do
    point=$(aws efs describe-access-points --file-system-id "$FS" \
      --query "AccessPoints[?RootDirectory.Path=='/aws-backup-restore_2026-11-29T05-00-00/$name'].AccessPointId" --output text)
    [ "$(command kubectl get pv "keepsake-$name" -o jsonpath='{.spec.csi.volumeHandle}')" = "$FS::$point" ]
  done
}

# The reader's domain.
command aws route53 create-hosted-zone --name "$READERS_ZONE" --caller-reference once
