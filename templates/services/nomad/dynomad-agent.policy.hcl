# What the node agent does in Nomad: it reads which dynos run on its machine. Bound to the agent's job, so that no token
# has to be handed out.

namespace {{ text "namespace" }} {
  capabilities = ["list-jobs", "read-job"]
}

node {
  policy = "read"
}
