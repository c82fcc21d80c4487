package devcluster

import (
	"context"
	"net"
	"strconv"

	"github.com/dynomad/dynomad"
)

// clients is how many client machines a cluster has.
const clients = 2

// Ports says which ports a cluster and Dynomad's own processes listen on, all on loopback addresses.
type Ports struct {
	Server  int `json:"server"`  // dynomad server: API, console, logs
	Bucket  int `json:"bucket"`  // dynomad bucket
	Router  int `json:"router"`  // dynomad router: the edge
	Nomad   int `json:"nomad"`   // the first of three a machine: http, rpc, serf
	Consul  int `json:"consul"`  // the same
	Dynamic int `json:"dynamic"` // the first of 400 a client, for its dynos
}

const (
	portsPerAgent  = 3
	portsPerClient = 400
)

// DefaultPorts are the ones that everybody knows.
func DefaultPorts() Ports {
	return Ports{Server: 5000, Bucket: 5001, Router: 8080, Nomad: 4646, Consul: 8500, Dynamic: 20000}
}

// PortsFrom packs a cluster into the thousand ports from base on, so that several stand side by side.
func PortsFrom(base int) Ports {
	return Ports{Server: base, Bucket: base + 1, Router: base + 2, Nomad: base + 10, Consul: base + 20, Dynamic: base + 100}
}

// loopback is the address of a machine: 0 is the server's 127.0.0.1.
func loopback(machine int) string { return "127.0.0." + strconv.Itoa(machine+1) }

// FreePorts is the first thousand from base on that nobody uses at the moment.
func FreePorts(base int) (Ports, error) {
	for ; base < 32000; base += 1000 { // above begin the ports that the system hands out itself
		if p := PortsFrom(base); p.check() == nil && p.CheckDynomad() == nil {
			return p, nil
		}
	}
	return Ports{}, dynomad.Errorf(dynomad.KindUnavailable, "no thousand ports below 32000 are free")
}

// check tells which of the agents' ports another program has already.
func (p Ports) check() error {
	for machine := range clients + 1 {
		for _, first := range []int{p.Nomad, p.Consul} {
			for i := range portsPerAgent {
				if err := free(loopback(machine), first+machine*portsPerAgent+i); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// CheckDynomad tells which port of Dynomad's own processes another program has already.
func (p Ports) CheckDynomad() error {
	for _, port := range []int{p.Server, p.Bucket, p.Router} {
		if err := free(loopback(0), port); err != nil {
			return err
		}
	}
	return nil
}

func free(host string, port int) error {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", address(host, port))
	if err != nil {
		return dynomad.Errorf(dynomad.KindConflict, "port %d cannot be used: %w", port, err).
			WithHint("another program has it; give a new platform other ports with --name and --port-base, such as --port-base 27000")
	}
	return l.Close()
}

func address(host string, port int) string { return net.JoinHostPort(host, strconv.Itoa(port)) }
