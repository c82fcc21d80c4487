package dev

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/cmd/dynomad/cli"
	"github.com/dynomad/dynomad/internal/devcluster"
)

// UpCmd starts a platform.
type UpCmd struct {
	Place      `embed:""`
	PortBase   int    `placeholder:"PORT" help:"Pack everything into the thousand ports from here on."`
	Driver     string `enum:"docker,exec,raw_exec," default:"" help:"How dynos run: exec (default for root) and docker isolate them, raw_exec does not."`
	Image      string `env:"DYNOMAD_STACK_IMAGE" placeholder:"IMAGE" help:"What docker dynos made of a slug run in; by default what dynomad dev image has made."`
	Templates  string `env:"DYNOMAD_TEMPLATES" type:"path" placeholder:"FOLDER" help:"Process templates of your own, laid over Dynomad's."`
	Listen     string `default:"127.0.0.1" placeholder:"ADDRESS" help:"Where API and apps are reached; 0.0.0.0 opens them to the network."`
	Detach     bool   `short:"d" help:"Return when everything is up, and leave it running."`
	BuildTools bool   `help:"Build Consul and Nomad from the pinned modules, even if there are some on PATH."`
	Agent      string `env:"DYNOMAD_AGENT" placeholder:"PATH" help:"The log sidecar's binary; by default beside this one."`
}

// stopTimeout bounds the way down: a minute for the jobs, and the agents.
const stopTimeout = 2 * time.Minute

// Run is `dynomad dev up`.
func (c *UpCmd) Run(ctx context.Context, ui *cli.UI) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGHUP) // a closed terminal is a Ctrl-C
	defer stop()
	dir, err := c.dir()
	if err != nil {
		return err
	}
	l, err := take(dir)
	if errors.Is(err, errHeld) {
		return dynomad.Errorf(dynomad.KindConflict, "this platform is up already").
			WithHint("it belongs to process %d; `dynomad dev down` ends it", holder(dir))
	}
	if err != nil {
		return err
	}
	defer l.release()

	p, err := c.start(ctx, ui, dir)
	if err == nil && c.Detach {
		return nil
	}
	if err == nil {
		p.watch(ctx, ui)
	}
	if p == nil {
		return err
	}
	// However it ends, nothing stays behind.
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	return errors.Join(err, p.takeDown(stopping, ui))
}

// start brings everything up and tells where it is. A plane that comes with an error has to be taken down.
func (c *UpCmd) start(ctx context.Context, ui *cli.UI, dir string) (*plane, error) {
	driver, err := c.driver()
	if err != nil {
		return nil, err
	}
	docker, err := c.docker(ctx, driver)
	if err != nil {
		return nil, err
	}
	agent, err := findAgent(c.Agent)
	if err != nil {
		return nil, err
	}
	programs, err := findPrograms(ctx, ui, c.BuildTools)
	if err != nil {
		return nil, err
	}
	ports, err := c.ports(ctx, dir)
	if err != nil {
		return nil, err
	}
	if driver == "raw_exec" {
		ui.Warn("dynos run with raw_exec, which isolates nothing: every app can read and change what %s can on this machine. "+
			"For trying out only.", who())
	}
	step := ui.Step("Starting Consul and Nomad with two clients")
	cluster, err := devcluster.Start(ctx, devcluster.Options{
		Dir: dir, Ports: ports, Programs: programs, Exec: os.Geteuid() == 0, Docker: docker.Endpoint, Log: quiet(),
	})
	if err != nil {
		return nil, err
	}
	step.Done("done")
	p, err := newPlane(cluster)
	if err != nil {
		return nil, err
	}
	p.driver, p.agent, p.open, p.image, p.templates = driver, agent, c.Listen, c.Image, c.Templates
	step = ui.Step("Starting Dynomad")
	if err := p.start(ctx); err != nil {
		return p, err
	}
	step.Done("done")
	a, err := p.ensureAdmin(ctx)
	if err != nil {
		return p, err
	}
	p.welcome(ui, a, c.Detach)
	return p, nil
}

// ports are those that the platform was made with, or for a new one those asked for. On return they are free: three processes
// that an earlier run has left are ended, for a new version of them is to take their place.
func (c *UpCmd) ports(ctx context.Context, dir string) (devcluster.Ports, error) {
	ports := devcluster.DefaultPorts()
	if c.PortBase != 0 {
		ports = devcluster.PortsFrom(c.PortBase)
	}
	known, err := open(dir)
	switch {
	case dynomad.KindOf(err) == dynomad.KindNotFound:
		return ports, ports.CheckDynomad()
	case err != nil:
		return ports, err
	case c.PortBase != 0 && ports != known.Ports:
		return ports, dynomad.Errorf(dynomad.KindConflict, "this platform was made with other ports").
			WithHint("leave --port-base out, choose another --name, or start afresh with `dynomad dev reset`")
	}
	p, err := newPlane(known)
	if err == nil {
		err = p.stop(ctx)
	}
	if err == nil {
		err = known.Ports.CheckDynomad()
	}
	return known.Ports, err
}

// driver is the one asked for, or the safest that this user can have.
func (c *UpCmd) driver() (string, error) {
	root := os.Geteuid() == 0
	switch {
	case c.Driver == "exec" && !root:
		return "", dynomad.Errorf(dynomad.KindInvalid, "the exec driver needs root").
			WithHint("run as root, or leave --driver out: raw_exec works for everybody, and does not isolate dynos")
	case c.Driver == "" && root:
		return "exec", nil
	case c.Driver == "":
		return "raw_exec", nil
	default:
		return c.Driver, nil
	}
}

// docker finds the daemon that the docker driver needs, and the image that its dynos run in; no other driver needs any.
func (c *UpCmd) docker(ctx context.Context, driver string) (devcluster.Docker, error) {
	if driver != "docker" {
		return devcluster.Docker{}, nil
	}
	docker, err := devcluster.FindDocker(ctx)
	if err != nil {
		return docker, err
	}
	if c.Image != "" {
		return docker, nil // Nomad fetches it, or says why it cannot
	}
	c.Image = devcluster.StackImage
	has, err := docker.HasImage(ctx, c.Image)
	if err == nil && !has {
		err = dynomad.Errorf(dynomad.KindNotFound, "Docker has no image for dynos to run in").
			WithHint("`dynomad dev image` makes one of Debian's packages; or name one that has a /bin/sh, such as --image debian:bookworm-slim")
	}
	return docker, err
}

// who is the user as whom raw_exec dynos run.
func who() string {
	if os.Geteuid() == 0 {
		return "root"
	}
	return "you"
}

// findPrograms finds or builds what the cluster is made of, and tells how far it is.
func findPrograms(ctx context.Context, ui *cli.UI, build bool) (devcluster.Programs, error) {
	t := &telling{ui: ui}
	finder, err := devcluster.NewFinder(t.say)
	if err != nil {
		return devcluster.Programs{}, err
	}
	if build {
		return finder.Pinned(ctx)
	}
	return finder.Programs(ctx)
}

// telling shows one line that changes on a terminal, and the first and the last of them in a pipe.
type telling struct {
	ui   *cli.UI
	step *cli.Step
}

func (t *telling) say(line string) {
	switch {
	case t.step == nil:
		t.ui.Note("%s", line)
		t.step = t.ui.Step("Building")
	case strings.HasPrefix(line, "built "):
		t.step.Done("%s", line)
		t.step = nil
	default:
		t.step.Update("%s", line)
	}
}

// welcome tells where everything is.
func (p *plane) welcome(ui *cli.UI, a admin, detached bool) {
	ports := p.cluster.Ports
	ui.Pairs([][2]string{
		{"Apps", "http://APP.localhost" + url(ports.Router)[len("http://127.0.0.1"):]},
		{"API", a.URL},
		{"Console", a.URL + "/console/"},
		{"Account", a.Email + ", password " + a.Password},
		{"Nomad", p.cluster.NomadAddr()},
		{"Consul", p.cluster.ConsulAddr()},
		{"Data", p.cluster.Dir},
	})
	if detached {
		ui.Note("`dynomad dev down` ends it.")
		return
	}
	ui.Note("Ctrl-C ends it, and keeps the data.")
}

// watch returns when ctx ends, and tells of each process that ends before.
func (p *plane) watch(ctx context.Context, ui *cli.UI) {
	alive := map[string]bool{}
	for {
		for _, process := range p.processes() {
			if alive[process.Name] && !process.Alive() {
				ui.Warn("%s has ended; its log: %s", process.Name, process.LogPath())
			}
			alive[process.Name] = process.Alive()
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Second):
		}
	}
}

// processes are all that belong to the platform: Dynomad's, then each machine's.
func (p *plane) processes() []*devcluster.Process {
	var list []*devcluster.Process
	for _, s := range p.services() {
		list = append(list, s.Process)
	}
	for _, m := range p.cluster.Machines() {
		list = append(list, m.Consul, m.Nomad)
	}
	return list
}
