// Package doctor is `dynomad doctor`: before anything is deployed it says, line by line, what a Nomad and a Consul already
// have of what Dynomad needs, what they lack, and how to mend it.
//
// It looks with the eyes of the server: the same addresses and tokens, from the same variables. What a token may do is tried,
// harmlessly: a job of no dynos is registered and purged, a variable is written and deleted; where trying would disturb, the
// token's policies are read instead. The names that it uses hold a ~, so that they are no app's.
//
// A check that cannot be made because an earlier one has failed is not made; the earlier one says what to do. Findings are
// told apart in nodes.go (a pure function of what Nomad tells of its clients), nomad.go, image.go and consul.go.
//
// One thing is tried for real, because nothing else can tell: whether a docker client gets the image that dynos run in. A
// container of it starts on each client and ends at once.
package doctor

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"strings"

	consul "github.com/hashicorp/consul/api"
	nomad "github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/cmd/dynomad/cli"
	"github.com/dynomad/dynomad/cmd/dynomad/target"
)

// Cmd is the command with its settings: the server's, as far as they concern Nomad and Consul. Further ones, such as
// NOMAD_CACERT and CONSUL_CACERT, are read as Nomad's and Consul's own programs read them.
type Cmd struct {
	Driver      string `env:"DYNOMAD_DRIVER" enum:"docker,exec,raw_exec" default:"exec" help:"The driver that dynos are to run with."`
	Stack       string `name:"stack-image" env:"DYNOMAD_STACK_IMAGE" placeholder:"IMAGE" help:"The image that docker dynos are to run in; by default that of the templates."`
	Templates   string `env:"DYNOMAD_TEMPLATES" type:"path" placeholder:"FOLDER" help:"The operator's process templates."`
	Namespace   string `env:"NOMAD_NAMESPACE" default:"dynomad" help:"The Nomad namespace of Dynomad's jobs."`
	NomadAddr   string `name:"nomad-addr" env:"NOMAD_ADDR" default:"http://127.0.0.1:4646" help:"Nomad's URL."`
	NomadToken  string `kong:"-"`
	ConsulAddr  string `name:"consul-addr" env:"CONSUL_HTTP_ADDR" default:"http://127.0.0.1:8500" help:"Consul's URL."`
	ConsulToken string `kong:"-"`
}

// State is what a finding means for a deployment.
type State string

// A finding is fine, worth knowing, or in the way.
const (
	Fine    State = "ok"
	Warning State = "warn"
	Blocks  State = "fail"
)

// Finding is one line of what the doctor says.
type Finding struct {
	State State  `json:"state"`
	Text  string `json:"text"`
	Mend  string `json:"mend,omitempty"` // what to do about it
}

func fine(format string, args ...any) Finding {
	return Finding{State: Fine, Text: fmt.Sprintf(format, args...)}
}

func blocks(mend, format string, args ...any) Finding {
	return Finding{State: Blocks, Text: fmt.Sprintf(format, args...), Mend: mend}
}

func warns(mend, format string, args ...any) Finding {
	return Finding{State: Warning, Text: fmt.Sprintf(format, args...), Mend: mend}
}

// Run is `dynomad doctor`.
func (c *Cmd) Run(ctx context.Context, ui *cli.UI) error {
	c.NomadToken, c.ConsulToken = os.Getenv("NOMAD_TOKEN"), os.Getenv("CONSUL_HTTP_TOKEN")
	findings, err := c.Examine(ctx)
	if err != nil {
		return err
	}
	if ui.JSON() {
		if err := ui.Document(findings); err != nil {
			return err
		}
	}
	blocking := 0
	for _, f := range findings {
		if f.State == Blocks {
			blocking++
		}
		if ui.JSON() {
			continue
		}
		ui.Line("%-4s  %s", f.State, f.Text)
		if f.Mend != "" {
			ui.Line("      → %s", strings.ReplaceAll(f.Mend, "\n", "\n        "))
		}
	}
	if blocking > 0 {
		return dynomad.Errorf(dynomad.KindInvalid, "%d of %d findings stand in the way of a deployment", blocking, len(findings))
	}
	return nil
}

// Examine makes all checks. An error means that the settings themselves cannot be used.
func (c *Cmd) Examine(ctx context.Context) ([]Finding, error) {
	needs, err := c.needs()
	if err != nil {
		return nil, err
	}
	nomadConfig := nomad.DefaultConfig()
	nomadConfig.Address, nomadConfig.SecretID, nomadConfig.Namespace = c.NomadAddr, c.NomadToken, c.Namespace
	nomadClient, err := nomad.NewClient(nomadConfig)
	if err != nil {
		return nil, dynomad.Errorf(dynomad.KindInvalid, "reading Nomad's settings: %w", err).
			WithHint("look at NOMAD_ADDR and NOMAD_CACERT")
	}
	consulConfig := consul.DefaultConfig()
	consulConfig.Address, consulConfig.Token = c.ConsulAddr, c.ConsulToken
	consulClient, err := consul.NewClient(consulConfig)
	if err != nil {
		return nil, dynomad.Errorf(dynomad.KindInvalid, "reading Consul's settings: %w", err).
			WithHint("look at CONSUL_HTTP_ADDR and CONSUL_CACERT")
	}
	n := &nomadPatient{ctx: ctx, client: nomadClient, namespace: c.Namespace, needs: needs}
	findings := n.examine()
	p := &consulPatient{ctx: ctx, client: consulClient, addr: c.ConsulAddr, nomad: n.clients}
	return append(findings, p.examine()...), nil
}

// needs is what the process templates ask of a client.
func (c *Cmd) needs() (needs, error) {
	layers, err := target.Layers(c.Templates)
	if err != nil {
		return needs{}, err
	}
	loaded, err := target.Load(layers, c.Driver, "localhost", 80)
	if err != nil {
		return needs{}, err
	}
	switch c.Driver {
	case "exec":
		return needs{driver: c.Driver, volumes: loaded.Target.Exec.Volumes}, nil
	case "docker":
		docker := loaded.Target.Docker
		return needs{driver: c.Driver, image: cmp.Or(c.Stack, docker.Image), user: docker.User, drop: docker.CapDrop}, nil
	default:
		return needs{driver: c.Driver}, nil
	}
}
