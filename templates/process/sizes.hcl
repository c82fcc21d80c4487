# The dyno sizes of `dynomad ps:scale web=2:standard-2x`, by Heroku's names and with Heroku's memory.
#
# memory is MiB, and under docker and exec a hard limit; memory_max may say how much more a dyno may use while the machine has
# it free, where Nomad's servers allow that. cpu is MHz by which Nomad finds a machine with room and shares it out when dynos
# compete; a dyno alone may use all of it. cores instead of cpu gives it whole cores that nobody else may use.
#
# The cpu numbers stand to each other roughly as Heroku's shares do, 100 for one. An app that needs other numbers says cpu and
# memory itself; an operator whose machines are of another kind says the sizes anew.

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

size "performance-l-ram" {
  cpu    = 4000
  memory = 30720
}

size "performance-xl" {
  cpu    = 8000
  memory = 63488
}

size "performance-2xl" {
  cpu    = 16000
  memory = 129024
}
