package cluster_test

import (
	"github.com/dynomad/dynomad/cluster"
	"github.com/dynomad/dynomad/platform"
)

// The platform says what it needs; this is where the compiler sees that the real cluster has it.
var _ platform.Cluster = (*cluster.Cluster)(nil)
