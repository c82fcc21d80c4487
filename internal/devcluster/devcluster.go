// Package devcluster runs a whole Nomad and Consul cluster on one machine: what `dynomad dev` and the end-to-end tests
// stand on.
//
// It is three machines that are only processes. The machine "server" carries a Consul server and a Nomad server; the
// machines "client-1" and "client-2" each carry a Consul agent and a Nomad client, and run the dynos. Every machine has a
// loopback address (127.0.0.1, .2, .3), ports of its own and a folder of its own, so no root is needed and several clusters
// stand side by side.
//
//	server    127.0.0.1   consul (server)   nomad (server)
//	client-1  127.0.0.2   consul (agent)    nomad (client)   dynos on 127.0.0.1, ports D to D+399
//	client-2  127.0.0.3   consul (agent)    nomad (client)   dynos on 127.0.0.1, ports D+400 to D+799
//
// The agents' configs and the policies are those of templates/services, the same that a real cluster gets: both programs
// refuse what no token allows, and Tokens holds one with just the needed rights for each of Dynomad's processes.
//
// Start works on a folder that is empty and on one that an earlier Start has used; the second is a matter of seconds, and
// finds jobs, variables and routes again. Agents that a crash of their owner has left running are taken down first; their
// dynos run on. Stop ends the jobs without forgetting them, then the agents, and then looks for what is left: no process
// and no mount stays behind. Kill loses a client machine as a power cut would.
//
// Everything here is for Linux: it reads /proc, and relies on every 127.x.x.x being local.
package devcluster

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/dynomad/dynomad"
)

// Namespace is the Nomad namespace that Dynomad's jobs live in.
const Namespace = "dynomad"

// Options says where and how a cluster runs.
type Options struct {
	Dir      string   `json:"dir"`   // keeps everything; made if missing. One cluster a folder.
	Ports    Ports    `json:"ports"` // for the life of the folder: they stand in the servers' Raft logs
	Programs Programs `json:"programs"`
	// Exec offers the exec driver beside raw_exec. It needs root.
	Exec bool `json:"exec"`
	// Docker offers the docker driver, with the daemon that answers at this endpoint; "": not offered.
	Docker string       `json:"docker,omitempty"`
	Log    *slog.Logger `json:"-"`
}

// Cluster is a running cluster. Its fields are set by Start and never change.
type Cluster struct {
	Options
	Tokens  Tokens
	Server  *Machine
	Clients []*Machine
}

// startTimeout bounds each step of a start: it takes a second or two, ten times that on a machine with other work.
const startTimeout = 90 * time.Second

// Start brings the cluster up and returns when every client is ready for dynos. On an error, or when ctx ends before,
// it stops what it has started. The agents are processes of their own: they outlive ctx and the caller until Stop.
func Start(ctx context.Context, o Options) (*Cluster, error) {
	c, err := prepare(o)
	if err != nil {
		return nil, err
	}
	if err := c.stopStale(ctx); err != nil {
		return nil, err
	}
	if err := c.Ports.check(); err != nil {
		return nil, err
	}
	if err := c.save(); err != nil {
		return nil, err
	}
	if err := c.boot(ctx); err != nil {
		stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer cancel()
		if stopErr := c.stopAgents(stopping); stopErr != nil {
			c.Log.Error("what had been started could not be stopped", "error", stopErr)
		}
		return nil, err
	}
	return c, nil
}

// Open describes the cluster that was last started in a folder, without starting anything: its tokens, addresses and
// processes, for a second terminal. Whether they run, Process.Alive tells. Only Dir and Log of the options are needed.
func Open(o Options) (*Cluster, error) {
	text, err := os.ReadFile(filepath.Join(o.Dir, optionsFile))
	if err != nil {
		return nil, dynomad.Errorf(dynomad.KindNotFound, "there is no cluster in %s", o.Dir).WithHint("`dynomad dev up` makes one")
	}
	known := o
	if err := json.Unmarshal(text, &known); err != nil {
		return nil, dynomad.Errorf(dynomad.KindInternal, "reading %s: %w", filepath.Join(o.Dir, optionsFile), err)
	}
	known.Dir = o.Dir // the folder may have been moved
	return prepare(known)
}

const optionsFile = "cluster.json"

// save keeps the options for Open.
func (c *Cluster) save() error {
	text, err := json.MarshalIndent(c.Options, "", "  ")
	if err != nil {
		return err
	}
	return WriteSecret(filepath.Join(c.Dir, optionsFile), append(text, '\n'))
}

// prepare makes the folder, its secrets and the plan of the machines.
func prepare(o Options) (*Cluster, error) {
	if !filepath.IsAbs(o.Dir) {
		return nil, dynomad.Errorf(dynomad.KindInvalid, "the cluster's folder %q must be an absolute path", o.Dir)
	}
	if o.Exec && os.Geteuid() != 0 {
		return nil, dynomad.Errorf(dynomad.KindInvalid, "the exec driver needs root").
			WithHint("run as root, or use raw_exec, which does not isolate dynos from this machine")
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, dynomad.Errorf(dynomad.KindInternal, "making the cluster's folder: %w", err)
	}
	tokens, err := loadTokens(o.Dir)
	if err != nil {
		return nil, err
	}
	c := &Cluster{Options: o, Tokens: tokens}
	c.Server = c.machine("server", 0)
	for i := range clients {
		c.Clients = append(c.Clients, c.machine(clientName(i), i+1))
	}
	return c, nil
}

// boot starts the agents in the order that the two programs need: a Nomad client that registers before the server has its
// keys tries again only after 15 to 30 seconds.
func (c *Cluster) boot(ctx context.Context) error {
	for _, m := range c.Machines() {
		if err := m.writeConfigs(); err != nil {
			return err
		}
	}
	if err := errors.Join(c.Server.Consul.Start(), c.Server.Nomad.Start()); err != nil {
		return err
	}
	if err := errors.Join(c.openConsul(ctx), c.openNomad(ctx)); err != nil {
		return err
	}
	steps := []func(*Machine) error{
		func(m *Machine) error { return m.Consul.Start() },
		func(m *Machine) error { return m.startNomad(ctx) },
		func(m *Machine) error { return m.Wait(ctx) },
	}
	for _, step := range steps {
		for _, m := range c.Clients {
			if err := step(m); err != nil {
				return err
			}
		}
	}
	return nil
}

// Env is what a process needs in its environment to speak to this cluster as Dynomad's server does.
func (c *Cluster) Env() []string {
	return []string{
		"NOMAD_ADDR=" + c.NomadAddr(),
		"NOMAD_TOKEN=" + c.Tokens.NomadServer,
		"NOMAD_NAMESPACE=" + Namespace,
		"CONSUL_HTTP_ADDR=" + c.ConsulAddr(),
		"CONSUL_HTTP_TOKEN=" + c.Tokens.ConsulServer,
	}
}

// NomadAddr is the Nomad server's URL.
func (c *Cluster) NomadAddr() string { return "http://" + c.Server.NomadAddress() }

// ConsulAddr is the Consul server's URL.
func (c *Cluster) ConsulAddr() string { return "http://" + c.Server.ConsulAddress() }

// Machines is the server, then the clients.
func (c *Cluster) Machines() []*Machine { return append([]*Machine{c.Server}, c.Clients...) }
