//go:build e2e

package e2e

import (
	"strings"
	"testing"

	consul "github.com/hashicorp/consul/api"
	nomad "github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad/internal/devcluster"
)

// operator speaks to Nomad and Consul with the management tokens, to see what Dynomad has left there.
type operator struct {
	nomad  *nomad.Client
	consul *consul.Client
}

func (s *stack) operator(t testing.TB) operator {
	t.Helper()
	c := s.cluster(t)
	n, err := nomad.NewClient(&nomad.Config{Address: c.NomadAddr(), SecretID: c.Tokens.NomadManagement, Namespace: devcluster.Namespace})
	if err != nil {
		t.Fatal(err)
	}
	k, err := consul.NewClient(&consul.Config{Address: c.ConsulAddr(), Token: c.Tokens.ConsulManagement})
	if err != nil {
		t.Fatal(err)
	}
	return operator{n, k}
}

// running are the allocations of an app that should run and do.
func (o operator) running(t *testing.T, app string) []*nomad.AllocationListStub {
	t.Helper()
	all, _, err := o.nomad.Jobs().Allocations(app, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	var out []*nomad.AllocationListStub
	for _, a := range all {
		if a.DesiredStatus == nomad.AllocDesiredStatusRun && a.ClientStatus == nomad.AllocClientStatusRunning {
			out = append(out, a)
		}
	}
	return out
}

// ids and nodes of allocations.
func ids(allocs []*nomad.AllocationListStub) map[string]bool {
	out := map[string]bool{}
	for _, a := range allocs {
		out[a.ID] = true
	}
	return out
}

func nodes(allocs []*nomad.AllocationListStub) map[string]int {
	out := map[string]int{}
	for _, a := range allocs {
		out[a.NodeName]++
	}
	return out
}

// traces are what Nomad and Consul still have of an app.
func (o operator) traces(t *testing.T, app string) (left []string) {
	t.Helper()
	jobs, _, err := o.nomad.Jobs().PrefixList(app)
	if err != nil {
		t.Fatal(err)
	}
	for _, j := range jobs {
		if j.ID == app || strings.HasPrefix(j.ID, app+"~") {
			left = append(left, "job "+j.ID)
		}
	}
	for _, jobs := range []string{app + "/", app + "~"} {
		vars, _, err := o.nomad.Variables().PrefixList("nomad/jobs/"+jobs, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range vars {
			left = append(left, "variable "+v.Path)
		}
	}
	services, _, err := o.consul.Catalog().Services(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name := range services {
		if strings.HasPrefix(name, app+"-") {
			left = append(left, "service "+name)
		}
	}
	return left
}
