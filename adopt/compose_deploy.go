package adopt

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/source/tree"
)

func (s *composing) deploy(n tree.Node) {
	settings := &s.process.Settings
	s.table(s.name+": deploy", n, taken{
		"replicas":  func(_, n tree.Node) { settings.Quantity = s.number(n, s.name+": replicas", 0, dynomad.MaxQuantity) },
		"resources": func(_, n tree.Node) { s.resources(n) },
		"restart_policy": func(_, n tree.Node) {
			if condition := n.Get("condition"); condition.Text != "any" {
				s.restart(condition)
			}
		},
	}, map[string]string{
		"mode": "say in a constraint where it may run, and how many by quantity", "update_config": "see update and surge in the manifest reference",
		"rollback_config": "a release that fails is rolled back", "placement": "see constraint, affinity and spread in the manifest reference",
		"labels": serviceInstead["labels"], "endpoint_mode": "Consul knows every dyno",
	})
}

func (s *composing) resources(n tree.Node) {
	of := func(what string, cpus func(_, n tree.Node), memory **int) func(_, n tree.Node) {
		return func(_, n tree.Node) {
			s.table(s.name+": "+what, n, taken{"cpus": cpus, "memory": func(_, n tree.Node) { *memory = s.amount(n, what+".memory") }},
				map[string]string{"devices": "process { nomad { task { resources { device \"nvidia/gpu\" {} } } } }"})
		}
	}
	limits, reservations := n.Get("limits"), n.Get("reservations")
	cpus := func(_, n tree.Node) { s.cpus(n) }
	unless := cpus // what is reserved counts, and the limit where nothing is
	if reservations.Get("cpus").Kind != tree.Absent {
		unless = ignored
	}
	if limits.Kind != tree.Absent {
		of("limits", unless, &s.limit)(limits, limits)
	}
	if reservations.Kind != tree.Absent {
		of("reservations", cpus, &s.reserved)(reservations, reservations)
	}
}

func (s *composing) amount(n tree.Node, what string) *int {
	n.Text = s.text(n)
	return s.importer.memory(n, s.name+": "+what, 1)
}

// mhz is what one of Compose's CPUs is taken for: the share of a machine's time by which Nomad finds it a place.
const mhz = 1000

func (s *composing) cpus(n tree.Node) {
	count, err := strconv.ParseFloat(s.text(n), 64)
	if err != nil || count <= 0 || count > 1024 {
		s.warn(n, fmt.Sprintf("%s: cpus is %q, which is not taken over", s.name, n.Text), "write a number such as 0.5")
		return
	}
	s.process.Settings.CPU = new(max(1, int(count*mhz)))
}

// memory is what is reserved; what a limit allows beyond it the process may use while the machine has it free.
func (s *composing) memory() {
	if s.reserved == nil {
		s.process.Settings.Memory = s.limit
		return
	}
	s.process.Settings.Memory = s.reserved
	if s.limit != nil && *s.limit > *s.reserved {
		s.process.Settings.MemoryMax = s.limit
	}
}

func (s *composing) volumes(n tree.Node) {
	for _, item := range n.Items {
		v, kind := s.volume(item)
		switch {
		case kind == "volume" && v.Name != "":
			s.mount(item, &s.process.Settings, v)
		case kind == "bind":
			s.warn(item, s.name+": a folder of this machine is not taken over", "deploy it with the source, build it into the image, or make it a volume")
		default:
			s.warn(item, s.name+": what is in it is gone with the dyno", "give the volume a name if it is to stay")
		}
	}
}

// volume reads one of the two forms: "data:/var/lib/data:ro", or a mapping.
func (s *composing) volume(n tree.Node) (v dynomad.Volume, kind string) {
	var from, to, mode string
	if n.Kind == tree.Map {
		from, to, kind = s.text(n.Get("source")), s.text(n.Get("target")), n.Get("type").Text
		if n.Get("read_only").Text == "true" {
			mode = "ro"
		}
	} else if parts := strings.Split(s.text(n), ":"); len(parts) > 1 {
		from, to, mode = parts[0], parts[1], strings.Join(parts[2:], ":")
		kind = "volume"
		if strings.ContainsAny(from, "/.~\\") {
			kind = "bind"
		}
	}
	v = dynomad.Volume{Name: strings.ReplaceAll(from, ".", "-"), Type: new("host"), Destination: &to}
	if slices.Contains(strings.Split(mode, ","), "ro") {
		v.ReadOnly = new(true)
	}
	return v, kind
}

// outer looks at the volumes that the file declares for all services: a name alone says nothing more.
func (c *composer) outer(n tree.Node) {
	for _, p := range n.Pairs {
		if len(p.Value.Pairs) > 0 {
			c.warn(p.Key, "volume "+p.Key.Text+": its settings are not taken over", "the operator makes the volume on the cluster: nomad volume create, or host_volume in the client's configuration")
		}
	}
}
