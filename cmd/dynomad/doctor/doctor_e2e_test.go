//go:build e2e

package doctor

import (
	"context"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	nomad "github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad/internal/devcluster"
)

// TestDoctor examines a real cluster: with the tokens that it was made for, and with everything that can be wrong.
func TestDoctor(t *testing.T) {
	if os.Getenv("DYNOMAD_DRIVER") == "docker" {
		t.Skip("it has run with the other drivers")
	}
	c := cluster(t)
	operator := operatorOf(t, c)
	for _, test := range []struct {
		what   string
		change func(*Cmd)
		want   []string // the beginnings of all that is not fine
	}{
		{"the policies that we ship", func(*Cmd) {}, nil},
		{"a wrong address of Nomad", func(d *Cmd) { d.NomadAddr = "http://127.0.0.1:1" }, []string{"fail Nomad does not answer"}},
		{"Consul's address for Nomad", func(d *Cmd) { d.NomadAddr = d.ConsulAddr }, []string{"fail Nomad does not tell the public keys", "fail NOMAD_TOKEN is missing"}},
		{"no token", func(d *Cmd) { d.NomadToken = "" }, []string{"fail NOMAD_TOKEN is missing"}},
		{"an unknown token", func(d *Cmd) { d.NomadToken = "6f1b0a0e-0000-4000-8000-000000000001" }, []string{"fail NOMAD_TOKEN is missing"}},
		{"a management token", func(d *Cmd) { d.NomadToken = c.Tokens.NomadManagement }, []string{"warn NOMAD_TOKEN is a management token"}},
		{"another namespace", func(d *Cmd) { d.Namespace = "nowhere" }, []string{`fail the namespace "nowhere"`}},
		{
			"a token that may only look", func(d *Cmd) { d.NomadToken = operator.token(t, `namespace "dynomad" { policy = "read" }`) },
			[]string{
				"warn the clients cannot be judged", "fail a job cannot be registered", "fail config vars cannot be written", "fail dynos cannot be restarted",
			},
		},
		{"a driver that the clients lack", func(d *Cmd) { d.Driver = "exec" }, lacksExec(c)},
		{"a wrong address of Consul", func(d *Cmd) { d.ConsulAddr = "http://127.0.0.1:1" }, []string{"fail Consul does not answer"}},
		{"no token for Consul", func(d *Cmd) { d.ConsulToken = "" }, []string{"fail CONSUL_HTTP_TOKEN is missing"}},
		{"an unknown token for Consul", func(d *Cmd) { d.ConsulToken = "6f1b0a0e-0000-4000-8000-000000000001" }, []string{"fail CONSUL_HTTP_TOKEN is missing"}},
		{"an agent's token for Consul", func(d *Cmd) { d.ConsulToken = c.Tokens.ConsulAgents["client-1"] }, []string{"fail the token does not see all machines"}},
	} {
		t.Run(test.what, func(t *testing.T) {
			d := &Cmd{
				Driver: "raw_exec", Namespace: devcluster.Namespace,
				NomadAddr: c.NomadAddr(), NomadToken: c.Tokens.NomadServer,
				ConsulAddr: c.ConsulAddr(), ConsulToken: c.Tokens.ConsulServer,
			}
			test.change(d)
			findings, err := d.Examine(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range findings {
				if f.State == Fine {
					continue
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
	operator.nothingLeft(t)
}

// TestDoctorOfContainers tries images on the daemon of DOCKER_HOST, which has devcluster.StackImage. The e2e tests of the docker
// driver start one.
func TestDoctorOfContainers(t *testing.T) {
	if os.Getenv("DYNOMAD_DRIVER") != "docker" {
		t.Skip("the docker driver is not asked for")
	}
	c := cluster(t)
	operator := operatorOf(t, c)
	for image, want := range map[string][]string{
		devcluster.StackImage: {"ok containers of " + devcluster.StackImage + " start on client-1 and client-2"},
		"127.0.0.1:1/none:1": {
			"warn client client-1: no container of 127.0.0.1:1/none:1 starts: Failed to pull",
			"warn client client-2: no container of 127.0.0.1:1/none:1 starts: Failed to pull",
			"fail no client can run a container of 127.0.0.1:1/none:1",
		},
	} {
		d := &Cmd{
			Driver: "docker", Stack: image, Namespace: devcluster.Namespace,
			NomadAddr: c.NomadAddr(), NomadToken: c.Tokens.NomadServer, ConsulAddr: c.ConsulAddr(), ConsulToken: c.Tokens.ConsulServer,
		}
		findings, err := d.Examine(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range findings {
			line := string(f.State) + " " + f.Text
			if i := len(got); f.State == Fine && !strings.Contains(line, image) {
				continue
			} else if i < len(want) && strings.HasPrefix(line, want[i]) {
				line = want[i]
			}
			got = append(got, line)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", image, diff)
		}
	}
	operator.nothingLeft(t)
}

// lacksExec is what the doctor says of exec on a cluster that was started without root.
func lacksExec(c *devcluster.Cluster) []string {
	if c.Exec {
		return nil
	}
	return []string{
		"warn client client-1: driver exec is not there", "warn client client-2: driver exec is not there",
		"fail no client can run dynos", "fail a job cannot be registered",
	}
}

func cluster(t *testing.T) *devcluster.Cluster {
	t.Helper()
	finder, err := devcluster.NewFinder(func(line string) { t.Log(line) })
	if err != nil {
		t.Fatal(err)
	}
	programs, err := finder.Programs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ports, err := devcluster.FreePorts(24000)
	if err != nil {
		t.Fatal(err)
	}
	c, err := devcluster.Start(t.Context(), devcluster.Options{
		Dir: t.TempDir(), Ports: ports, Programs: programs, Exec: os.Geteuid() == 0, Docker: os.Getenv("DOCKER_HOST"), Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
		defer cancel()
		if _, err := c.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	return c
}

// operator may do everything to a cluster.
type operator struct{ *nomad.Client }

func operatorOf(t *testing.T, c *devcluster.Cluster) operator {
	t.Helper()
	client, err := nomad.NewClient(&nomad.Config{Address: c.NomadAddr(), SecretID: c.Tokens.NomadManagement, Namespace: devcluster.Namespace})
	if err != nil {
		t.Fatal(err)
	}
	return operator{client}
}

// token makes a token with just these rules.
func (o operator) token(t *testing.T, rules string) string {
	t.Helper()
	if _, err := o.ACLPolicies().Upsert(&nomad.ACLPolicy{Name: "poor", Rules: rules}, nil); err != nil {
		t.Fatal(err)
	}
	token, _, err := o.ACLTokens().Create(&nomad.ACLToken{Name: "poor", Type: "client", Policies: []string{"poor"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return token.SecretID
}

// nothingLeft proves that looking has changed nothing.
func (o operator) nothingLeft(t *testing.T) {
	t.Helper()
	jobs, _, err := o.Jobs().List(nil)
	if err != nil || len(jobs) > 0 {
		t.Errorf("jobs are left: %v %v", jobs, err)
	}
	variables, _, err := o.Variables().List(nil)
	if err != nil || len(variables) > 0 {
		t.Errorf("variables are left: %v %v", variables, err)
	}
}
