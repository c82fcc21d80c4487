// Command dynomad is the whole platform in one binary: the command line that people type, the processes that serve them
// (server, router, bucket), and a cluster on one machine to try it all (dev).
package main

import (
	"os"

	"github.com/dynomad/dynomad/cmd/dynomad/bucket"
	"github.com/dynomad/dynomad/cmd/dynomad/cli"
	"github.com/dynomad/dynomad/cmd/dynomad/dev"
	"github.com/dynomad/dynomad/cmd/dynomad/doctor"
	"github.com/dynomad/dynomad/cmd/dynomad/local"
	"github.com/dynomad/dynomad/cmd/dynomad/router"
	"github.com/dynomad/dynomad/cmd/dynomad/server"
)

// grammar is everything that can be typed after `dynomad`.
type grammar struct {
	cli.Commands `embed:""`

	Local  local.Cmd  `cmd:"" group:"local" help:"Run the Procfile on this machine; needs neither Nomad nor a server."`
	Dev    dev.Cmd    `cmd:"" group:"platform" help:"Run a whole platform on this machine."`
	Doctor doctor.Cmd `cmd:"" group:"platform" help:"Say what a Nomad and Consul still lack for Dynomad."`
	Server server.Cmd `cmd:"" group:"platform" help:"Run the control plane."`
	Router router.Cmd `cmd:"" group:"platform" help:"Run the edge."`
	Bucket bucket.Cmd `cmd:"" group:"platform" help:"Run the store of slugs for Nomad's clients."`
}

// version is set when a release is built; otherwise the toolchain's note about the commit serves.
var version string

func main() {
	process := cli.FromOS()
	process.Version = version
	os.Exit(cli.Main(&grammar{}, process))
}
