package doctor

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	nomad "github.com/hashicorp/nomad/api"
)

// good is a client that has everything; change breaks it.
func good(name string, change func(*nomad.Node)) *nomad.Node {
	n := &nomad.Node{
		ID: name, Name: name, Status: "ready", SchedulingEligibility: "eligible",
		Attributes: map[string]string{
			"nomad.version": "1.11.3", "consul.version": "1.21.0", "unique.consul.name": name,
		},
		Drivers:       map[string]*nomad.DriverInfo{"exec": {Detected: true, Healthy: true}},
		HostVolumes:   map[string]*nomad.HostVolumeInfo{"usr": {}, "etc": {}},
		NodeResources: &nomad.NodeResources{MinDynamicPort: 20000, MaxDynamicPort: 32000},
	}
	if change != nil {
		change(n)
	}
	return n
}

func TestClients(t *testing.T) {
	with := func(change func(*nomad.Node)) []*nomad.Node {
		return []*nomad.Node{good("a", nil), good("b", nil), good("c", change)}
	}
	for _, test := range []struct {
		what  string
		nodes []*nomad.Node
		want  []string // states and the beginning of the text, of all that is not fine
	}{
		{"all is well", with(nil), nil},
		{"no clients", nil, []string{"fail Nomad has no client"}},
		{"only lost clients", []*nomad.Node{good("a", func(n *nomad.Node) { n.Status = "down" })}, []string{"fail Nomad has no client"}},
		{"one client", []*nomad.Node{good("a", nil)}, []string{"warn only one client"}},
		{"a drained one", with(func(n *nomad.Node) { n.SchedulingEligibility = "ineligible" }), []string{"warn client c: takes no new dynos"}},
		{"an old Nomad", with(func(n *nomad.Node) { n.Attributes["nomad.version"] = "1.7.7" }), []string{"warn client c: Nomad 1.7.7 is older"}},
		{"an old Consul", with(func(n *nomad.Node) { n.Attributes["consul.version"] = "1.14.0" }), []string{"warn client c: Consul 1.14.0 is older"}},
		{"no Consul", with(func(n *nomad.Node) { delete(n.Attributes, "unique.consul.name") }), []string{"warn client c: it has no Consul agent"}},
		{"no driver", with(func(n *nomad.Node) { n.Drivers = nil }), []string{"warn client c: driver exec is not there"}},
		{
			"a sick driver", with(func(n *nomad.Node) {
				n.Drivers["exec"] = &nomad.DriverInfo{Detected: true, HealthDescription: "no cgroups"}
			}),
			[]string{"warn client c: driver exec is not healthy: no cgroups"},
		},
		{"no volume", with(func(n *nomad.Node) { delete(n.HostVolumes, "etc") }), []string{`warn client c: it has no host volume "etc"`}},
		{"few ports", with(func(n *nomad.Node) { n.NodeResources.MaxDynamicPort = 20009 }), []string{"warn client c: it has only 10 dynamic ports"}},
		{
			"a shared Consul agent", with(func(n *nomad.Node) { n.Attributes["unique.consul.name"] = "a" }),
			[]string{"fail clients a and c share the Consul agent a"},
		},
		{
			"none is useful",
			[]*nomad.Node{good("a", func(n *nomad.Node) { n.Drivers = nil })},
			[]string{"warn client a: driver exec is not there", "fail no client can run dynos"},
		},
	} {
		t.Run(test.what, func(t *testing.T) {
			var got []string
			for _, f := range clients(test.nodes, needs{driver: "exec", volumes: []string{"usr", "etc"}}) {
				if f.State == Fine {
					continue
				}
				if f.Mend == "" {
					t.Errorf("no mend for %q", f.Text)
				}
				line := string(f.State) + " " + f.Text
				if i := len(got); i < len(test.want) && strings.HasPrefix(line, test.want[i]) {
					line = test.want[i]
				}
				got = append(got, line)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestEveryDriverHasAMend: what to do differs, and none is told to do what another needs.
func TestEveryDriverHasAMend(t *testing.T) {
	mends := map[string]bool{}
	for driver, want := range map[string]string{"docker": "install Docker", "exec": "as root", "raw_exec": "enabled = true"} {
		found := clients([]*nomad.Node{good("a", func(n *nomad.Node) { n.Drivers = nil })}, needs{driver: driver})
		if !strings.Contains(found[0].Mend, want) {
			t.Errorf("%s: %+v", driver, found[0])
		}
		mends[found[0].Mend] = true
	}
	if len(mends) != 3 {
		t.Errorf("the mends are %v", mends)
	}
}
