# The task beside every dyno that ships its log. It is no process type of an app's: only its size, kill and restart are used.

process "sidecar" {
  # Beside its own few MiB, Nomad's helpers of a task take 27 MiB that are not counted here. Under the exec driver memory
  # is a hard limit.
  cpu    = 20
  memory = 32

  # It is told to end only after its dyno has, and sends the last lines for at most 4 seconds.
  kill_signal  = "SIGTERM"
  kill_timeout = "5s"

  # It waits for ever while the control plane is away and should never exit. If it does, soon again.
  restart {
    attempts = 1
    delay    = "1s"
    interval = "10s"
  }
}
