#!/bin/bash
# Makes a machine of the Vagrantfile what it is to be: installs the programs, renders its files from templates/services with
# `dynomad dev render`, and starts its units. May run again: it then brings the machine up to date.
#
# From the Vagrantfile: ROLE (server, client, single), NAME, ADDRESS, SERVERS (addresses), MACHINES (names), FOUNDER and
# FOUNDER_ADDRESS, DRIVER (exec, docker), and the secrets CONSUL_* and NOMAD_MANAGEMENT.
set -euo pipefail

DATACENTER=dc1
NAMESPACE=dynomad

main() {
  install_programs
  if [ "$DRIVER" = docker ] && [ "$ROLE" != server ]; then
    install_docker
  fi
  if [ "$ROLE" = single ]; then
    start_single
    return
  fi
  make_users
  configure_consul
  configure_nomad
  if [ "$NAME" = "$FOUNDER" ]; then
    found_cluster
    configure_dynomad
  fi
}

install_programs() {
  local program
  for program in dynomad dynomad-agent consul nomad; do
    if [ ! -x "/vagrant/bin/$program" ]; then
      echo "bin/$program is missing: see the first lines of the Vagrantfile" >&2
      exit 1
    fi
    install -m 755 "/vagrant/bin/$program" "/usr/local/bin/$program"
  done
}

# install_docker gives a client a daemon, and the image that dynos run in.
install_docker() {
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends docker.io mmdebstrap >/dev/null
  systemctl enable --quiet --now docker
  dynomad dev image
}

# render FILE TARGET OWNER [NAME=VALUE…] writes a file of templates/services, readable by its owner only.
render() {
  local file=$1 target=$2 owner=$3
  shift 3
  dynomad dev render "$file" "$@" >"$target.new"
  chown "$owner" "$target.new"
  chmod 600 "$target.new"
  mv "$target.new" "$target"
}

# start UNIT starts it, or starts it again with its new config.
start() {
  systemctl daemon-reload
  systemctl enable --quiet "$1"
  systemctl restart "$1"
}

make_users() {
  local user
  for user in consul nomad dynomad; do
    id "$user" >/dev/null 2>&1 || useradd --system --home-dir "/var/lib/$user" --shell /usr/sbin/nologin "$user"
    install -d -m 700 -o "$user" -g "$user" "/var/lib/$user"
  done
  install -d -m 755 /etc/consul.d /etc/nomad.d /etc/dynomad
}

configure_consul() {
  local token="CONSUL_AGENT_${NAME//-/_}"
  local values=(name="$NAME" datacenter="$DATACENTER" data=/var/lib/consul address="$ADDRESS" client_address=127.0.0.1
    join="$SERVERS" http_port=8500 rpc_port=8300 serf_port=8301 token="${!token}")
  if [ "$ROLE" = server ]; then
    values+=(servers="$(wc -w <<<"$SERVERS")")
  fi
  render "consul/$ROLE.hcl" /etc/consul.d/consul.hcl consul "${values[@]}"
  render systemd/consul.service /etc/systemd/system/consul.service root
  start consul
}

configure_nomad() {
  local values=(name="$NAME" datacenter="$DATACENTER" data=/var/lib/nomad bind_address=0.0.0.0 address="$ADDRESS"
    http_port=4646 rpc_port=4647 serf_port=4648 consul=127.0.0.1:8500)
  local user=nomad
  if [ "$ROLE" = server ]; then
    values+=(servers="$(wc -w <<<"$SERVERS")" join="$(with_port 4648)" heartbeat_ttl=10s heartbeat_grace=10s)
  else
    user=root # it isolates dynos
    wait_for "this machine's Consul agent" consul_answers "$CONSUL_NOMAD"
    install -d -m 755 /var/lib/nomad/empty
    values+=(servers="$(with_port 4647)" interface="$(interface)" first_dyno_port=20000 last_dyno_port=32000
      drivers="$DRIVER" raw_exec=false docker=unix:///var/run/docker.sock docker_alone=true
      docker_pulls=false consul_token="$CONSUL_NOMAD" empty=/var/lib/nomad/empty)
    local folder
    for folder in usr etc lib lib64 bin; do
      values+=("$folder=$(readlink -f "/$folder")")
    done
  fi
  render "nomad/$ROLE.hcl" /etc/nomad.d/nomad.hcl "$user" "${values[@]}"
  render systemd/nomad.service /etc/systemd/system/nomad.service root user="$user"
  start nomad
}

# with_port PORT is every server's address with a port.
with_port() {
  local address
  for address in $SERVERS; do
    printf '%s:%s ' "$address" "$1"
  done
}

# interface is the network interface that has our address.
interface() {
  ip -o -4 address show to "$ADDRESS" | awk '{print $2; exit}'
}

# wait_for WHAT COMMAND… tries for five minutes.
wait_for() {
  local what=$1 tries=300
  shift
  until "$@" >/dev/null 2>&1; do
    tries=$((tries - 1))
    if [ "$tries" = 0 ]; then
      echo "waited in vain for $what" >&2
      exit 1
    fi
    sleep 1
  done
}

consul_answers() { CONSUL_HTTP_TOKEN=$1 consul info; }

has_consul_leader() { curl -fsS http://127.0.0.1:8500/v1/status/leader | grep -q :; }

has_nomad_leader() { curl -fsS http://127.0.0.1:4646/v1/status/leader | grep -q :; }

# found_cluster makes policies, tokens and the namespace. Everything in it may be there already.
found_cluster() {
  wait_for "a Consul leader" has_consul_leader
  export CONSUL_HTTP_TOKEN=$CONSUL_MANAGEMENT
  consul acl token read -self >/dev/null 2>&1 || consul acl bootstrap - <<<"$CONSUL_MANAGEMENT" >/dev/null
  local machine token
  for machine in $MACHINES; do
    token="CONSUL_AGENT_${machine//-/_}"
    consul_token "${!token}" -description "the Consul agent of $machine" -node-identity "$machine:$DATACENTER"
  done
  consul_policy dynomad-nomad-client "$CONSUL_NOMAD"
  consul_policy dynomad-server "$CONSUL_SERVER"
  consul_policy dynomad-router "$CONSUL_ROUTER"

  wait_for "a Nomad leader" has_nomad_leader
  export NOMAD_TOKEN=$NOMAD_MANAGEMENT
  nomad acl token self >/dev/null 2>&1 || nomad acl bootstrap - <<<"$NOMAD_MANAGEMENT" >/dev/null
  # /dev/stdin and not -, at which Nomad 1.11.3 crashes.
  dynomad dev render nomad/namespace.json namespace=$NAMESPACE drivers="$DRIVER" | nomad namespace apply -json /dev/stdin >/dev/null
  dynomad dev render nomad/dynomad-server.policy.hcl namespace=$NAMESPACE | nomad acl policy apply dynomad-server - >/dev/null
  # The ~ keeps the agent's job apart from every app's: no app's name can contain one.
  dynomad dev render nomad/dynomad-agent.policy.hcl namespace=$NAMESPACE |
    nomad acl policy apply -namespace $NAMESPACE -job 'dynomad~agent' dynomad-agent - >/dev/null
}

# consul_token SECRET ARGUMENTS… makes a token with this secret, unless there is one.
consul_token() {
  local secret=$1
  shift
  CONSUL_HTTP_TOKEN=$secret consul acl token read -self >/dev/null 2>&1 || consul acl token create -secret "$secret" "$@" >/dev/null
}

# consul_policy NAME SECRET brings a policy up to date, and makes the token that has it.
consul_policy() {
  local rules
  rules=$(dynomad dev render "consul/$1.policy.hcl")
  consul acl policy create -name "$1" -rules "$rules" >/dev/null 2>&1 ||
    consul acl policy update -name "$1" -no-merge -rules "$rules" >/dev/null
  consul_token "$2" -description "$1" -policy-name "$1"
}

# configure_dynomad starts server, bucket and router on the founder.
configure_dynomad() {
  local token=/etc/dynomad/nomad.token
  if [ ! -s $token ]; then
    (umask 077 && nomad acl token create -name dynomad-server -policy dynomad-server -t '{{.SecretID}}' >$token)
  fi
  local url="http://$FOUNDER_ADDRESS"
  render dynomad/server.env /etc/dynomad/server.env dynomad listen=0.0.0.0:5000 url="$url:5000" domain=localhost edge_port=8080 \
    driver="$DRIVER" bucket_url="$url:5001" nomad=http://127.0.0.1:4646 nomad_token="$(cat $token)" namespace=$NAMESPACE \
    consul=http://127.0.0.1:8500 consul_token="$CONSUL_SERVER"
  if [ "$DRIVER" = docker ]; then
    echo "DYNOMAD_STACK_IMAGE=$(dynomad dev image --name-only)" >>/etc/dynomad/server.env
  fi
  render dynomad/bucket.env /etc/dynomad/bucket.env dynomad listen=0.0.0.0:5001
  render dynomad/router.env /etc/dynomad/router.env dynomad listen=0.0.0.0:8080 server=http://127.0.0.1:5000 \
    consul=http://127.0.0.1:8500 consul_token="$CONSUL_ROUTER"
  local process
  for process in server bucket router; do
    render systemd/dynomad.service /etc/systemd/system/dynomad-$process.service root process=$process
    start dynomad-$process
  done
}

# start_single runs the dev cluster, open to the ports that Vagrant forwards. After a restart of the machine, `vagrant provision`
# starts it again.
start_single() {
  dynomad dev up --detach --listen 0.0.0.0 --driver "$DRIVER"
}

main
