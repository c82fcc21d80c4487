# What `dynomad doctor` does in Consul: it reads which machines and services there are. A stock Fabio in front needs the same,
# and to ask its agent who it is. The server itself does not speak to Consul.

agent_prefix "" {
  policy = "read"
}

node_prefix "" {
  policy = "read"
}

service_prefix "" {
  policy = "read"
}
