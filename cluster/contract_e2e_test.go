//go:build e2e

package cluster_test

import (
	"cmp"
	"fmt"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad/cluster"
	"github.com/dynomad/dynomad/cluster/clustertest"
)

// TestContract runs against the Nomad at NOMAD_ADDR, in NOMAD_NAMESPACE, with the token that the server would have.
func TestContract(t *testing.T) {
	nomad, err := api.NewClient(api.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	namespace := os.Getenv("NOMAD_NAMESPACE")
	subject := clustertest.Subject{
		Cluster:   cluster.New(cluster.Config{Nomad: nomad, Namespace: namespace, Log: slog.New(slog.DiscardHandler)}),
		Variables: func(t *testing.T) []string { return variables(t, nomad, namespace) },
		Fire:      func(t *testing.T, id string) { fire(t, nomad, namespace, id) },
		Driver:    cmp.Or(os.Getenv("DYNOMAD_DRIVER"), "raw_exec"),
		Namespace: namespace,
		Prefix:    fmt.Sprintf("c%05x-", time.Now().Unix()&0xfffff),
		Patience:  2 * time.Minute,
	}
	clustertest.Run(t, func(*testing.T) clustertest.Subject { return subject })
}

// fire has Nomad start a run of a cron job now.
func fire(t *testing.T, nomad *api.Client, namespace, id string) {
	t.Helper()
	if _, _, err := nomad.Jobs().PeriodicForce(id, &api.WriteOptions{Namespace: namespace}); err != nil {
		t.Fatal(err)
	}
}

func variables(t *testing.T, nomad *api.Client, namespace string) []string {
	t.Helper()
	found, _, err := nomad.Variables().PrefixList("nomad/jobs/", &api.QueryOptions{Namespace: namespace})
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, v := range found {
		paths = append(paths, v.Path)
	}
	return paths
}
