# What every cron of a dynomad.hcl starts from: a command that runs whenever its schedule says so, with the app's slug and
# config vars, as a job of its own.

process "cron" {
  size = "standard-1x" # see sizes.hcl

  # One that hangs would keep all later ones from starting, for a cron does not start while its last run still goes on (unless it
  # says overlap = true). One that runs every few minutes should say a shorter time.
  timeout = "24h"

  # See run.hcl for these. A run that has failed is tried again when it is next due, and no sooner.
  kill_signal  = "SIGTERM"
  kill_timeout = "30s"
  restart {
    attempts = 0
    delay    = "0s"
    interval = "5s"
  }
  sidecar = "prestart"
}
