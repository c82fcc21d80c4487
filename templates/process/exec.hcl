# How the exec driver keeps dynos apart from the machine and from each other.

exec {
  # Every client knows this user, and it may do nothing. All Linux capabilities are dropped as well: with them even nobody
  # may override file permissions.
  user = "nobody"

  # The system that a dyno sees: these folders of the client, mounted read-only, each declared as a host volume of that name
  # in the client's configuration. Nomad's own way is to copy the system for each dyno, which takes over 20 seconds.
  volumes = ["bin", "etc", "lib", "lib64", "usr"]
}
