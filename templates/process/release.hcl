# What the release phase starts from: the Procfile's line "release", which runs once before a release's dynos start. A release
# whose phase fails is given up, and the one before serves on.

process "release" {
  size = "standard-1x" # as on Heroku; see sizes.hcl

  # Heroku's limit for a release phase: a migration that takes longer is better run as a one-off.
  timeout = "1h"

  # See run.hcl for these. A migration that has failed half-way must not be tried again by a machine.
  kill_signal  = "SIGTERM"
  kill_timeout = "30s"
  restart {
    attempts = 0
    delay    = "0s"
    interval = "5s"
  }
  sidecar = "prestart"
}
