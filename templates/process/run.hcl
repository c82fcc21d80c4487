# What a one-off starts from: a command that somebody runs beside the app, `dynomad run`. It has the app's slug and config vars,
# runs once, and is never started again by anything but people.

process "run" {
  size = "standard-1x" # as on Heroku; see sizes.hcl

  # Heroku ends a one-off after a day. Nomad keeps no such time, so the shell does that the command starts under.
  timeout = "24h"

  # Told to end, it has 30 seconds, as on Heroku; see web.hcl.
  kill_signal  = "SIGTERM"
  kill_timeout = "30s"

  # It ends with its command, whatever the status. Nomad wants an interval all the same, 5 seconds at least.
  restart {
    attempts = 0
    delay    = "0s"
    interval = "5s"
  }

  # Its log goes where the app's does. What ends may end within a moment, and Nomad ends whatever stands beside it then: only a
  # sidecar that is there before it begins has a chance to read what it said. That costs the start 150 ms.
  sidecar = "prestart"
}
