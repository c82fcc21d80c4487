# A Consul agent beside a Nomad client: exactly one each. Two Nomad clients that share an agent remove each other's
# services every thirty seconds.

node_name   = {{ text "name" }}
datacenter  = {{ text "datacenter" }}
data_dir    = {{ text "data" }}
bind_addr   = {{ text "address" }}
client_addr = {{ text "client_address" }}
retry_join  = {{ list "join" }}

server = false

ports {
  http     = {{ number "http_port" }}
  server   = {{ number "rpc_port" }}
  serf_lan = {{ number "serf_port" }}
  serf_wan = -1
  grpc     = -1
  grpc_tls = -1
  dns      = -1
}

acl {
  enabled        = true
  default_policy = "deny"
  tokens {
    agent = {{ text "token" }}
  }
}

connect {
  enabled = false
}

# A restarted agent comes back as who it was, instead of saying good-bye and taking its routes along.
leave_on_terminate      = false
skip_leave_on_interrupt = true
disable_update_check    = true
