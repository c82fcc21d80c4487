# What a web dyno starts from. Everything here can be said again in an app's dynomad.hcl, which wins.

process "web" {
  quantity = 1             # as on Heroku, the first deploy starts one
  size     = "standard-1x" # see sizes.hcl

  # Beside the release that serves, a full second set is started and checked; then the route moves. Without it Nomad would
  # stop the only dyno before it starts its successor.
  surge = true

  # It listens on $PORT, and gets every request for one of the app's host names, unless a longer path is another process's.
  service = true
  route "/" {}

  # The dynos are shared out over as many machines as there are. Without it Nomad fills one machine first, and its loss takes
  # the app down. 100 is the most that a spread can weigh.
  spread {
    attribute = "${node.unique.id}"
    weight    = 100
  }

  # The task that ships the log starts beside the dyno; "prestart" would let the dyno wait for it, 0.15 seconds at each start.
  sidecar = "poststart"

  # A dyno serves once its port answers. Consul looks once an interval, so half of it is added to every boot, and one
  # second is the shortest that Nomad takes. An app that listens before it can answer says kind = "http" and a path.
  check {
    kind     = "tcp"
    interval = "1s"
    timeout  = "2s"

    # Checks decide where requests go; a dyno is started anew only where an app asks for it, by failures = 3 or so: as on
    # Heroku, a dyno that is only slow is left alone. The grace is what Heroku gives a boot.
    failures = 0
    grace    = "60s"
  }

  # A dyno that is to end loses its route first and goes on serving for this long. Measured at 300 requests a second: with
  # 0s 6 to 16 of them fail at every deploy, with 1s or more none. Handling SIGTERM does not help against that.
  drain_delay = "2s"

  # Then it is told to end, and killed if it still runs after this long: Heroku's time, and the longest that a Nomad
  # client allows unless its operator raises max_kill_timeout.
  kill_signal  = "SIGTERM"
  kill_timeout = "30s"

  # A dyno counts as good after this long of passing checks: the default of ten would be most of a deploy's time. A release
  # whose dynos do not get that far in time is given up, and the one before goes on serving. Heroku allows 60 seconds for
  # listening on $PORT; an app that boots more slowly than this says so in its dynomad.hcl.
  update {
    min_healthy_time  = "1s"
    healthy_deadline  = "45s"
    progress_deadline = "50s"
  }

  # A dyno that exits, whatever its status, is started again at once. If that does not help it waits for the end of the
  # interval, and so on for ever: it never gives up.
  restart {
    attempts = 1
    delay    = "0s"
    interval = "30s"
  }

  # A dyno that cannot run where it is moves to another machine, after 5 seconds (Nomad's least), then 10, 20 and so on.
  reschedule {
    delay     = "5s"
    max_delay = "2m"
  }

  # The dynos of a machine that falls silent are replaced at once. If it is back within this time, it had only lost its
  # network: its dynos go on, and the replacements end.
  disconnect {
    lost_after = "60s"
  }
}
