# What `dynomad server` and `dynomad doctor` do in Nomad: they keep jobs and their config vars in a namespace of their own,
# restart dynos, and mount the host volumes that isolate exec dynos. Nothing outside of the namespace can be changed.

namespace {{ text "namespace" }} {
  capabilities = [
    "list-jobs",
    "read-job",
    "parse-job",
    "submit-job",
    "alloc-lifecycle",
  ]

  variables {
    path "nomad/jobs/*" {
      capabilities = ["read", "write", "list", "destroy"]
    }
  }
}

# For the doctor: the clients, their drivers and their Consul agents.
node {
  policy = "read"
}

host_volume "usr" {
  policy = "read"
}

host_volume "etc" {
  policy = "read"
}

host_volume "lib" {
  policy = "read"
}

host_volume "lib64" {
  policy = "read"
}

host_volume "bin" {
  policy = "read"
}
