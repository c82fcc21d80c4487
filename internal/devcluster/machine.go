package devcluster

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/templates"
)

// Machine is one machine of the cluster: a Consul agent and a Nomad agent that share a name, an address and a folder.
type Machine struct {
	Name   string
	Consul *Process
	Nomad  *Process

	cluster *Cluster
	index   int // 0 is the server
	dir     string
}

func clientName(i int) string { return "client-" + strconv.Itoa(i+1) }

func (c *Cluster) machine(name string, index int) *Machine {
	m := &Machine{Name: name, cluster: c, index: index, dir: filepath.Join(c.Dir, name)}
	m.Consul = m.agent("consul", c.Programs.Consul, "-config-file="+m.config("consul"))
	m.Nomad = m.agent("nomad", c.Programs.Nomad, "-config="+m.config("nomad"))
	return m
}

// agent plans one of the machine's two processes. The environment is empty but for what Nomad needs to find programs: raw_exec
// and exec hand an agent's environment on to every dyno. HOME lies in the machine's folder and so marks all that descends from
// the agent, for the day when it has to be found again.
func (m *Machine) agent(kind, program, config string) *Process {
	return &Process{
		Name: kind + "-" + m.Name,
		Path: program,
		Args: []string{"agent", config},
		Env:  []string{"PATH=" + defaultPath, "HOME=" + m.dir},
		Dir:  m.cluster.Dir,
	}
}

const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

func (m *Machine) config(kind string) string { return filepath.Join(m.dir, kind+".hcl") }

func (m *Machine) ip() string { return loopback(m.index) }

func (m *Machine) nomadPort(i int) int { return m.cluster.Ports.Nomad + m.index*portsPerAgent + i }

func (m *Machine) consulPort(i int) int { return m.cluster.Ports.Consul + m.index*portsPerAgent + i }

// Start brings a machine back that has been killed, and returns when it is ready for dynos.
func (m *Machine) Start(ctx context.Context) error {
	if err := m.Consul.Start(); err != nil {
		return err
	}
	if err := m.startNomad(ctx); err != nil {
		return err
	}
	return m.Wait(ctx)
}

// NomadAddress is host:port of the machine's Nomad agent.
func (m *Machine) NomadAddress() string { return address(m.ip(), m.nomadPort(0)) }

// ConsulAddress is host:port of the machine's Consul agent.
func (m *Machine) ConsulAddress() string { return address(m.ip(), m.consulPort(0)) }

// Health says which of a machine's agents answer and know a leader.
type Health struct{ Consul, Nomad bool }

// Healthy asks both agents, each for at most two seconds.
func (m *Machine) Healthy(ctx context.Context) Health {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	leader := func(address string) bool {
		var leader string
		return getJSON(ctx, "http://"+address+"/v1/status/leader", &leader) == nil && leader != ""
	}
	return Health{Consul: leader(m.ConsulAddress()), Nomad: leader(m.NomadAddress())}
}

// Kill loses the machine: its Nomad agent, its Consul agent and all its dynos end at once, without a word to anybody.
func (m *Machine) Kill(ctx context.Context) error {
	for _, p := range []*Process{m.Nomad, m.Consul} {
		if err := p.Kill(ctx); err != nil {
			return err
		}
	}
	if _, err := killAll(ctx, m.dir); err != nil {
		return err
	}
	if _, err := m.cluster.docker().removeAll(ctx, m.dir); err != nil {
		return err
	}
	_, err := unmountAll(m.dir)
	return err
}

// Wait returns when the machine is ready: the server has both leaders, a client has registered with healthy drivers and
// its own Consul agent.
func (m *Machine) Wait(ctx context.Context) error {
	if m.index == 0 {
		return m.cluster.waitLeaders(ctx)
	}
	return m.cluster.waitNode(ctx, m)
}

// Stop ends the machine's two agents and leaves its dynos running.
func (m *Machine) Stop(ctx context.Context) error {
	if err := m.Nomad.Stop(ctx, agentGrace); err != nil {
		return err
	}
	return m.Consul.Stop(ctx, agentGrace)
}

// agentGrace is how long an agent gets to end by itself; it needs well under a second.
const agentGrace = 15 * time.Second

// startNomad starts a client's Nomad once its Consul agent has joined: one that finds no Consul looks again only after 15
// seconds.
func (m *Machine) startNomad(ctx context.Context) error {
	if err := m.cluster.waitConsulAgent(ctx, m); err != nil {
		return err
	}
	return m.Nomad.Start()
}

// writeConfigs renders the two agents' configs into the machine's folder.
func (m *Machine) writeConfigs() error {
	values := m.clientValues
	kind := "client"
	if m.index == 0 {
		values, kind = m.serverValues, "server"
	}
	for _, program := range []string{"consul", "nomad"} {
		data := filepath.Join(m.dir, program)
		if err := os.MkdirAll(data, 0o700); err != nil {
			return dynomad.Errorf(dynomad.KindInternal, "making the folder of %s: %w", m.Name, err)
		}
		v, err := values(program)
		if err != nil {
			return err
		}
		text, err := templates.Service(program+"/"+kind+".hcl", v)
		if err != nil {
			return dynomad.Errorf(dynomad.KindInternal, "rendering the config of %s: %w", m.Name, err)
		}
		if err := WriteSecret(m.config(program), []byte(text)); err != nil {
			return err
		}
	}
	return nil
}

// common is what all four configs name.
func (m *Machine) common(program string, port func(int) int) map[string]string {
	return map[string]string{
		"name":       m.Name,
		"datacenter": "dc1",
		"data":       filepath.Join(m.dir, program),
		"address":    m.ip(),
		"http_port":  strconv.Itoa(port(0)),
		"rpc_port":   strconv.Itoa(port(1)),
		"serf_port":  strconv.Itoa(port(2)),
	}
}

func (m *Machine) consulValues() map[string]string {
	v := m.common("consul", m.consulPort)
	v["client_address"] = m.ip()
	v["join"] = ""
	v["token"] = m.cluster.Tokens.ConsulAgents[m.Name]
	return v
}

func (m *Machine) serverValues(program string) (map[string]string, error) {
	if program == "consul" {
		v := m.consulValues()
		v["servers"] = "1"
		return v, nil
	}
	v := m.common("nomad", m.nomadPort)
	v["bind_address"] = m.ip()
	v["servers"] = "1"
	v["join"] = ""
	v["consul"] = m.ConsulAddress()
	// Nomad gives a client between one and two times to live, then the grace: a lost one is given up after 7 to 10 seconds, and a
	// busy laptop does not look like a lost client.
	v["heartbeat_ttl"] = "3s"
	v["heartbeat_grace"] = "4s"
	return v, nil
}

func (m *Machine) clientValues(program string) (map[string]string, error) {
	server := m.cluster.Server
	if program == "consul" {
		v := m.consulValues()
		v["join"] = address(server.ip(), server.consulPort(2))
		return v, nil
	}
	first := m.cluster.Ports.Dynamic + (m.index-1)*portsPerClient
	v := m.common("nomad", m.nomadPort)
	v["bind_address"] = m.ip()
	v["servers"] = address(server.ip(), server.nomadPort(1))
	v["interface"] = "lo"
	v["first_dyno_port"] = strconv.Itoa(first)
	v["last_dyno_port"] = strconv.Itoa(first + portsPerClient - 1)
	v["drivers"] = strings.Join(m.cluster.drivers(), ",")
	v["raw_exec"] = "true"
	v["docker"] = cmp.Or(m.cluster.Docker, DefaultDocker)
	v["docker_alone"] = "false" // both clients use the one daemon of this machine
	v["docker_pulls"] = "false" // the stack image may have been made here
	v["consul"] = m.ConsulAddress()
	v["consul_token"] = m.cluster.Tokens.ConsulNomad
	return v, m.addVolumes(v)
}

// drivers are what the clients offer.
func (c *Cluster) drivers() []string {
	drivers := []string{"raw_exec"}
	if c.Exec {
		drivers = append(drivers, "exec")
	}
	if c.Docker != "" {
		drivers = append(drivers, "docker")
	}
	return drivers
}

// docker is the daemon that runs the cluster's containers, or none.
func (c *Cluster) docker() Docker { return Docker{Endpoint: c.Docker} }

// addVolumes names the host folders that exec dynos see. Where this machine has none (/lib64 on some), an empty one stands in,
// so that a job means the same everywhere.
func (m *Machine) addVolumes(v map[string]string) error {
	empty := filepath.Join(m.dir, "empty")
	if err := os.MkdirAll(empty, 0o755); err != nil { //nolint:gosec // dynos, which are nobody, look into it
		return dynomad.Errorf(dynomad.KindInternal, "making an empty folder: %w", err)
	}
	v["empty"] = empty
	for _, name := range []string{"usr", "etc", "lib", "lib64", "bin"} {
		real, err := filepath.EvalSymlinks("/" + name)
		if err != nil {
			real = empty
		}
		v[name] = real
	}
	return nil
}
