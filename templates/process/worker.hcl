# What a dyno of every type starts from that has no template of its own name. It does not listen, so it has no port and no
# check: it is up while it runs. A type that does listen says service = true, and route "/path" {} if requests from outside
# shall reach it.

process "worker" {
  quantity = 0             # as on Heroku, only web starts by itself; `dynomad ps:scale worker=1` starts others
  size     = "standard-1x" # see sizes.hcl

  # A release's workers start beside the old ones, which end once the new ones have run for min_healthy_time.
  surge = true

  # Only of a type that says service = true: see web.hcl for both.
  check {
    kind     = "tcp"
    interval = "1s"
    timeout  = "2s"
    failures = 0
    grace    = "60s"
  }
  drain_delay = "2s"

  # See web.hcl for these.
  spread {
    attribute = "${node.unique.id}"
    weight    = 100
  }
  sidecar = "poststart"

  # 30 seconds to finish a piece of work, as on Heroku.
  kill_signal  = "SIGTERM"
  kill_timeout = "30s"

  # Nothing but running shows that a worker is well. Two seconds catch what fails at its start: a missing file, a wrong
  # config var.
  update {
    min_healthy_time  = "2s"
    healthy_deadline  = "45s"
    progress_deadline = "50s"
  }

  # See web.hcl for these.
  restart {
    attempts = 1
    delay    = "0s"
    interval = "30s"
  }
  reschedule {
    delay     = "5s"
    max_delay = "2m"
  }
  disconnect {
    lost_after = "60s"
  }
}
