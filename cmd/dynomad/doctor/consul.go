package doctor

import (
	"context"
	"slices"
	"strings"

	consul "github.com/hashicorp/consul/api"
	nomad "github.com/hashicorp/nomad/api"
)

// consulPatient is a Consul under examination.
type consulPatient struct {
	ctx    context.Context
	client *consul.Client
	addr   string
	nomad  []*nomad.Node // whose agents it should know
}

func (c *consulPatient) examine() []Finding {
	leader, err := c.client.Status().LeaderWithQueryOptions(c.query())
	if err != nil {
		return []Finding{blocks("set CONSUL_HTTP_ADDR to the URL of a Consul agent, and see that it runs",
			"Consul does not answer at %s: %v", c.addr, err)}
	}
	if leader == "" {
		return []Finding{blocks("start more of its servers: most of them must run", "Consul at %s has no leader", c.addr)}
	}
	findings := []Finding{fine("Consul answers at %s", c.addr)}
	token, ok := c.token()
	findings = append(findings, token)
	if !ok {
		return findings
	}
	return append(findings, c.catalog()...)
}

// anonymous is the accessor of the token that Consul takes for no token.
const anonymous = "00000000-0000-0000-0000-000000000002"

func (c *consulPatient) token() (finding Finding, known bool) {
	token, _, err := c.client.ACL().TokenReadSelf(c.query())
	switch {
	case err != nil && strings.Contains(err.Error(), "ACL support disabled"):
		return warns(`acl { enabled = true default_policy = "deny" } on all agents, then "consul acl bootstrap"`,
			"Consul's ACLs are off: every dyno may change every route"), true
	case err != nil || token.AccessorID == anonymous:
		return blocks("make one: `dynomad dev render consul/dynomad-server.policy.hcl |\n"+
			"consul acl policy create -name=dynomad-server -rules=-`,\nthen `consul acl token create -policy-name=dynomad-server`", "CONSUL_HTTP_TOKEN is missing or unknown"), false
	default:
		return fine("CONSUL_HTTP_TOKEN is known"), true
	}
}

// catalog looks whether the token sees everything, and whether Nomad's clients use this Consul.
func (c *consulPatient) catalog() []Finding {
	const mend = `node_prefix "" { policy = "read" } and service_prefix "" { policy = "read" } in the token's policy`
	nodes, meta, err := c.client.Catalog().Nodes(c.query())
	if err != nil || meta.ResultsFilteredByACLs {
		return []Finding{blocks(mend, "the token does not see all machines in Consul")}
	}
	_, meta, err = c.client.Catalog().Services(c.query())
	if err != nil || meta.ResultsFilteredByACLs {
		return []Finding{blocks(mend, "the token does not see all services in Consul")}
	}
	findings := []Finding{fine("routes can be read")}
	for _, client := range c.nomad {
		agent := client.Attributes["unique.consul.name"]
		known := slices.ContainsFunc(nodes, func(n *consul.Node) bool { return n.Node == agent })
		if agent != "" && client.Status == "ready" && !known {
			findings = append(findings, blocks("set CONSUL_HTTP_ADDR to the Consul that Nomad's clients use",
				"client %s registers its dynos with the Consul agent %s, which this Consul does not know", client.Name, agent))
		}
	}
	return findings
}

func (c *consulPatient) query() *consul.QueryOptions {
	return (&consul.QueryOptions{}).WithContext(c.ctx)
}
