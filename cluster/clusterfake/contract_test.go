package clusterfake_test

import (
	"testing"
	"time"

	"github.com/dynomad/dynomad/cluster/clusterfake"
	"github.com/dynomad/dynomad/cluster/clustertest"
	"github.com/dynomad/dynomad/platform"
)

var _ platform.Cluster = (*clusterfake.Cluster)(nil)

func TestContract(t *testing.T) {
	clustertest.Run(t, func(*testing.T) clustertest.Subject {
		fake := clusterfake.New(func() time.Time { return time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC) })
		return clustertest.Subject{
			Cluster: fake, Driver: "raw_exec", Prefix: "fake-", Patience: 2 * time.Second,
			Variables: func(*testing.T) []string { return fake.Variables() },
			Fire:      func(_ *testing.T, id string) { fake.Fire(id) },
		}
	})
}
