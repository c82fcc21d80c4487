# What a build starts from: the job that makes a slug of a source.

process "build" {
  size = "standard-2x" # compilers need more memory than what they compile; see sizes.hcl

  # Heroku's limit for a compilation.
  timeout = "15m"

  # See run.hcl for these. Nothing is lost with a build, so it is not waited for long.
  kill_signal  = "SIGTERM"
  kill_timeout = "5s"
  restart {
    attempts = 0
    delay    = "0s"
    interval = "5s"
  }
  sidecar = "prestart"
}
