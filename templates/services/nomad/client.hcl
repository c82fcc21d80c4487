# A Nomad client: a machine that carries dynos. It has a Consul agent of its own.

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

client {
  enabled           = true
  servers           = {{ list "servers" }}
  network_interface = {{ text "interface" }}
  min_dynamic_port  = {{ number "first_dyno_port" }}
  max_dynamic_port  = {{ number "last_dyno_port" }}

  # Off a cloud, asking for that cloud's metadata hangs the start.
  options {
    "fingerprint.denylist" = "env_aws,env_gce,env_azure,env_digitalocean"
    "driver.allowlist"     = {{ text "drivers" }}
  }

  # What an exec dyno sees of its host, read-only. Real paths, for Nomad mounts a symlink as a dangling link.
  host_volume "usr" {
    path      = {{ text "usr" }}
    read_only = true
  }

  host_volume "etc" {
    path      = {{ text "etc" }}
    read_only = true
  }

  host_volume "lib" {
    path      = {{ text "lib" }}
    read_only = true
  }

  host_volume "lib64" {
    path      = {{ text "lib64" }}
    read_only = true
  }

  host_volume "bin" {
    path      = {{ text "bin" }}
    read_only = true
  }

  # An empty directory instead of Nomad's default chroot, which copies much of the host for every dyno: 20 seconds a start.
  chroot_env {
    {{ text "empty" }} = "/dynomad"
  }
}

# raw_exec isolates nothing: a dyno is a process of this machine like any other. For laptops only.
plugin "raw_exec" {
  config {
    enabled = {{ bool "raw_exec" }}
  }
}

# Docker's containers: a dyno mounts nothing of this machine, gets no more rights than its job's template gives it, and starts
# so many processes at most.
plugin "docker" {
  config {
    endpoint         = {{ text "docker" }}
    extra_labels     = ["namespace", "job_name", "task_group_name", "task_name", "node_name"]
    allow_privileged = false
    pids_limit       = 4096

    volumes {
      enabled = false
    }

    # Images that no dyno has needed for a day are removed where they come from a registry: one that was made on the machine
    # would be gone for good. So are containers that this client knows nothing of, where it has the daemon for itself: of two
    # that share one, each would end the other's dynos after five minutes.
    gc {
      image       = {{ bool "docker_pulls" }}
      image_delay = "24h"

      dangling_containers {
        enabled = {{ bool "docker_alone" }}
      }
    }
  }
}

acl {
  enabled = true
}

consul {
  address          = {{ text "consul" }}
  token            = {{ text "consul_token" }}
  auto_advertise   = false
  server_auto_join = false
  client_auto_join = false
}

# Never drain_on_shutdown: dynos outlive a restart of their client.
leave_on_interrupt   = false
leave_on_terminate   = false
disable_update_check = true
