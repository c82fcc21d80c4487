package doctor

import (
	"fmt"
	"slices"
	"strings"

	nomad "github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad/internal/devcluster"
)

// needs is what dynos want of a client.
type needs struct {
	driver  string
	volumes []string // exec: host volumes
	image   string   // docker: what dynos run in, as whom and without which capabilities
	user    string
	drop    []string
}

// fewPorts is how many dynamic ports a client should have at least: every web dyno takes one, and a deploy doubles them.
const fewPorts = 200

// clients judges Nomad's clients: each by itself, then all together.
func clients(nodes []*nomad.Node, needs needs) []Finding {
	nodes = slices.DeleteFunc(slices.Clone(nodes), func(n *nomad.Node) bool { return n.Status != "ready" })
	slices.SortFunc(nodes, func(a, b *nomad.Node) int { return strings.Compare(a.Name, b.Name) })
	if len(nodes) == 0 {
		return []Finding{blocks("start a Nomad agent with a client block and this server in its list of servers",
			"Nomad has no client that is ready")}
	}
	var findings []Finding
	useful := 0
	for _, n := range nodes {
		problems := client(n, needs)
		if len(problems) == 0 && n.SchedulingEligibility != "ineligible" {
			useful++
			findings = append(findings, fine("client %s: Nomad %s, Consul %s, driver %s, %d ports",
				n.Name, n.Attributes["nomad.version"], n.Attributes["consul.version"], needs.driver, ports(n)))
		}
		findings = append(findings, problems...)
	}
	findings = append(findings, shared(nodes)...)
	if useful == 0 {
		return append(findings, blocks("mend one of the clients above", "no client can run dynos"))
	}
	if useful == 1 {
		findings = append(findings, warns("add another client", "only one client can run dynos: when it is lost, every app is down"))
	}
	return findings
}

// client judges one client. One that cannot run dynos is only a warning: others may.
func client(n *nomad.Node, needs needs) []Finding {
	var findings []Finding
	add := func(mend, format string, args ...any) {
		findings = append(findings, warns(mend, "client %s: %s", n.Name, fmt.Sprintf(format, args...)))
	}
	if n.SchedulingEligibility == "ineligible" {
		add("`nomad node eligibility -enable "+n.ID+"`, once its maintenance is over", "takes no new dynos (ineligible)")
	}
	if version := n.Attributes["nomad.version"]; !devcluster.AtLeast(version, devcluster.MinimumVersion("nomad")) {
		add("update Nomad", "Nomad %s is older than %s", version, devcluster.MinimumVersion("nomad"))
	}
	if d := n.Drivers[needs.driver]; d == nil || !d.Healthy {
		add(driverMend(needs.driver), "driver %s is %s", needs.driver, driverState(d))
	}
	switch version := n.Attributes["consul.version"]; {
	case n.Attributes["unique.consul.name"] == "":
		add("run a Consul agent beside it, and give its address and token in the client's consul block",
			"it has no Consul agent, so its dynos get no routes")
	case !devcluster.AtLeast(version, devcluster.MinimumVersion("consul")):
		add("update Consul", "Consul %s is older than %s", version, devcluster.MinimumVersion("consul"))
	}
	for _, volume := range needs.volumes {
		if _, ok := n.HostVolumes[volume]; !ok {
			add(fmt.Sprintf(`host_volume %q { path = "/%s" read_only = true } in the client block, with the real path if that is a symlink`,
				volume, volume), "it has no host volume %q, which exec dynos need", volume)
		}
	}
	if p := ports(n); p < fewPorts {
		add("raise max_dynamic_port in the client block", "it has only %d dynamic ports", p)
	}
	return findings
}

// ports counts a client's dynamic ports.
func ports(n *nomad.Node) int {
	if n.NodeResources == nil {
		return 0
	}
	return n.NodeResources.MaxDynamicPort - n.NodeResources.MinDynamicPort + 1
}

func driverState(d *nomad.DriverInfo) string {
	switch {
	case d == nil || !d.Detected:
		return "not there"
	case d.HealthDescription != "":
		return "not healthy: " + d.HealthDescription
	default:
		return "not healthy"
	}
}

func driverMend(driver string) string {
	switch driver {
	case "docker":
		return `install Docker there, start it, name docker in the client's "driver.allowlist" if it has one, and let Nomad reach the` +
			"\nsocket: as root, or in the group docker; another socket is plugin \"docker\" { config { endpoint = \"unix://…\" } }"
	case "raw_exec":
		return `plugin "raw_exec" { config { enabled = true } } in the client's config; dynos are then not isolated at all`
	default:
		return "run the client as root on Linux with cgroups, with a Nomad that was built with cgo"
	}
}

// shared finds clients that use the same Consul agent: each removes what the other has registered.
func shared(nodes []*nomad.Node) []Finding {
	agents := map[string][]string{}
	for _, n := range nodes {
		if agent := n.Attributes["unique.consul.name"]; agent != "" {
			agents[agent] = append(agents[agent], n.Name)
		}
	}
	var findings []Finding
	for _, n := range nodes {
		agent := n.Attributes["unique.consul.name"]
		if names := agents[agent]; len(names) > 1 && names[0] == n.Name {
			findings = append(findings, blocks("give each its own Consul agent, on the same machine",
				"clients %s share the Consul agent %s: they remove each other's routes every 30 seconds", strings.Join(names, " and "), agent))
		}
	}
	return findings
}
