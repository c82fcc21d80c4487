# How many dynos of each process type the first deploy starts. `dynomad ps:scale` changes it later.

process "web" {
  quantity = 2

  check {
    kind = "http"
    path = "/health"
  }
}

process "worker" {
  quantity = 1
}

process "clock" {
  quantity = 1
}
