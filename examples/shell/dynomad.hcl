process "web" {
  quantity = 1
}

process "worker" {
  quantity = 1
}
