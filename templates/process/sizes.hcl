# The dyno sizes of `dynomad ps:scale web=2:standard-2x`, by Heroku's names and with Heroku's memory.
#
# memory is MiB, and under the exec driver a hard limit. cpu is MHz by which Nomad finds a machine with room and shares
# it out when dynos compete; a dyno alone may use all of it. An app that needs other numbers says cpu and memory itself.

size "eco" {
  cpu    = 50
  memory = 512
}

size "basic" {
  cpu    = 50
  memory = 512
}

size "standard-1x" {
  cpu    = 100
  memory = 512
}

size "standard-2x" {
  cpu    = 200
  memory = 1024
}

size "performance-m" {
  cpu    = 2000
  memory = 2560
}

size "performance-l" {
  cpu    = 8000
  memory = 14336
}
