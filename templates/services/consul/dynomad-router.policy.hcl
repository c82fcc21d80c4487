# What `dynomad router` does in Consul: it reads which services are healthy, where they listen and which tags they carry.

node_prefix "" {
  policy = "read"
}

service_prefix "" {
  policy = "read"
}
