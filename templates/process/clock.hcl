# What a clock starts from: a process that says when something is due. Two at once would say it twice, so everything here
# would rather have none for a moment than two.

process "clock" {
  quantity = 0             # `dynomad ps:scale clock=1` starts it
  size     = "standard-1x" # see sizes.hcl

  # The old one ends before the new one starts.
  surge = false

  # See worker.hcl for these. There is only one, so there is nothing to spread.
  check {
    kind     = "tcp"
    interval = "1s"
    timeout  = "2s"
    failures = 0
    grace    = "60s"
  }
  drain_delay  = "2s"
  sidecar      = "poststart"
  kill_signal  = "SIGTERM"
  kill_timeout = "30s"
  update {
    min_healthy_time  = "2s"
    healthy_deadline  = "45s"
    progress_deadline = "50s"
  }
  restart {
    attempts = 1
    delay    = "0s"
    interval = "30s"
  }
  reschedule {
    delay     = "5s"
    max_delay = "2m"
  }

  # No disconnect block: the clock of a machine that fell silent is stopped when the machine comes back.
}
