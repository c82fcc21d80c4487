# What a Nomad client does in Consul: it registers its dynos' services and their checks, and knows its own agent.

agent_prefix "" {
  policy = "read"
}

node_prefix "" {
  policy = "read"
}

service_prefix "" {
  policy = "write"
}
