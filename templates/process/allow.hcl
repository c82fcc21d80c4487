# What apps may do that reaches beyond their own dynos: nothing, until an operator says so in a file of this name. "*" in a
# list allows all of its kind.

allow {
  drivers      = []    # of Nomad, beside the cluster's own, in a `nomad` block: "java", "podman"
  users        = []    # that a task may run as
  host_volumes = []    # folders of the machines, by their names in Nomad's client configuration
  node_pools   = []    # machines that are kept apart
  privileged   = false # privileged containers, devices, capabilities, the machine's networks and paths
  identities   = false # tokens for Nomad, Consul and Vault
  routes       = false # urlprefix tags: requests for host names that may be another app's
}
