# Runs before the commands of docs/eks.md under test. It replaces every program but the AWS command
# line, which talks to an emulator, and records their calls in ./others.
set -euo pipefail

note() { printf '%s\n' "$*" >>others; }
sleep() { :; }
helm() { note helm "$@"; }
scripts/deploy() { note scripts/deploy "$@"; }
scripts/preflight() { note scripts/preflight "$@"; }

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

# The emulator's clusters have no network of their own.
aws() {
  case "$*" in
    *resourcesVpcConfig.vpcId*) command aws ec2 describe-vpcs --filters Name=cidr,Values=10.9.0.0/16 --query 'Vpcs[0].VpcId' --output text ;;
    *clusterSecurityGroupId*) command aws ec2 describe-security-groups --filters Name=group-name,Values=nodes --query 'SecurityGroups[0].GroupId' --output text ;;
    *) command aws "$@" ;;
  esac
}

# The load balancer that its controller makes for the ingress.
kubectl() {
  note kubectl "$@"
  [[ $* == *"get ingress -o jsonpath"* ]] || return 0
  aws elbv2 create-load-balancer --name keepsake --query 'LoadBalancers[0].DNSName' --output text \
    --subnets $(aws ec2 describe-subnets --filters Name=tag:kubernetes.io/role/elb,Values=1 --query 'Subnets[].SubnetId' --output text)
}

curl() {
  note curl "$@"
  [[ $* != *policy.json* ]] ||
    echo '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"elasticloadbalancing:*","Resource":"*"}]}' >"$FILES/policy.json"
}

# The reader's domain, and the resources that scripts/deploy has made before they are removed.
command aws route53 create-hosted-zone --name example.com --caller-reference once
command aws ecr create-repository --repository-name keepsake
