# A Nomad server. Everything is closed unless a token opens it.

name       = {{ text "name" }}
datacenter = {{ text "datacenter" }}
data_dir   = {{ text "data" }}
bind_addr  = {{ text "bind_address" }}

advertise {
  http = {{ text "address" }}
  rpc  = {{ text "address" }}
  serf = {{ text "address" }}
}

ports {
  http = {{ number "http_port" }}
  rpc  = {{ number "rpc_port" }}
  serf = {{ number "serf_port" }}
}

# How soon a lost machine's dynos are started elsewhere: a client that has missed a heartbeat for the time to live and the
# grace together is given up.
server {
  enabled           = true
  bootstrap_expect  = {{ number "servers" }}
  heartbeat_grace   = {{ text "heartbeat_grace" }}
  min_heartbeat_ttl = {{ text "heartbeat_ttl" }}
  server_join {
    retry_join = {{ list "join" }}
  }
}

acl {
  enabled = true
}

# Servers find each other by the list above; Consul is the clients' business.
consul {
  address          = {{ text "consul" }}
  auto_advertise   = false
  server_auto_join = false
  client_auto_join = false
}

leave_on_interrupt   = false
leave_on_terminate   = false
disable_update_check = true
