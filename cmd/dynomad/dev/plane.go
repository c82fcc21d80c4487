package dev

import (
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/cmd/dynomad/keys"
	"github.com/dynomad/dynomad/internal/devcluster"
)

// plane is Dynomad's own three processes on a cluster: the same binary as this one, with settings in the environment.
type plane struct {
	cluster *devcluster.Cluster
	program string // this binary

	// Only what is to be started needs these.
	driver    string
	image     string // what docker dynos run in
	templates string // a folder of process templates beside ours, or ""
	agent     string // the log sidecar's binary
	open      string // the address that server and router listen on
}

const (
	readyTimeout = time.Minute
	planeGrace   = 15 * time.Second // to end; the server gives requests under way five
)

func newPlane(c *devcluster.Cluster) (*plane, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, dynomad.Errorf(dynomad.KindInternal, "finding this program: %w", err)
	}
	return &plane{cluster: c, program: program}, nil
}

// findAgent looks for the log sidecar's binary beside this one and on PATH.
func findAgent(named string) (string, error) {
	if named != "" {
		return filepath.Abs(named)
	}
	program, err := os.Executable()
	if err == nil {
		beside := filepath.Join(filepath.Dir(program), "dynomad-agent")
		if info, err := os.Stat(beside); err == nil && !info.IsDir() {
			return beside, nil
		}
	}
	found, err := exec.LookPath("dynomad-agent")
	if err != nil {
		return "", dynomad.Errorf(dynomad.KindNotFound, "dynomad-agent is neither beside dynomad nor on PATH").
			WithHint("`make build` builds both; or name it with --agent")
	}
	return found, nil
}

func (p *plane) data() string   { return filepath.Join(p.cluster.Dir, "dynomad") }
func (p *plane) keys() string   { return filepath.Join(p.data(), "keys") }
func (p *plane) bucket() string { return filepath.Join(p.data(), "bucket") }

// url is the base URL of one of the three ports.
func url(port int) string { return "http://" + listen(port) }

func listen(port int) string { return "127.0.0.1:" + strconv.Itoa(port) }

// service is one of the three processes with the port that it answers /health on. The edge does so by its address; by name,
// /health is an app's.
type service struct {
	*devcluster.Process
	port int
}

// services are the three in the order in which they start: the bucket first, for dynos that start with the server's first
// Sync fetch their slugs from it.
func (p *plane) services() []service {
	ports := p.cluster.Ports
	bucket := []string{
		"DYNOMAD_LISTEN=" + listen(ports.Bucket),
		"DYNOMAD_BUCKET=" + p.bucket(),
		"DYNOMAD_URL_KEY_FILE=" + filepath.Join(p.keys(), "url.key"),
	}
	server := append(p.cluster.Env(),
		"DYNOMAD_LISTEN="+net.JoinHostPort(p.open, strconv.Itoa(ports.Server)),
		"DYNOMAD_DATA="+p.data(),
		"DYNOMAD_URL="+url(ports.Server),
		"DYNOMAD_DOMAIN=localhost",
		"DYNOMAD_EDGE_PORT="+strconv.Itoa(ports.Router),
		"DYNOMAD_DRIVER="+p.driver,
		"DYNOMAD_STACK_IMAGE="+p.image,
		"DYNOMAD_BUCKET="+p.bucket(),
		"DYNOMAD_BUCKET_URL="+url(ports.Bucket),
		"DYNOMAD_AGENT="+p.agent,
	)
	if p.templates != "" {
		server = append(server, "DYNOMAD_TEMPLATES="+p.templates)
	}
	router := []string{
		"DYNOMAD_LISTEN=" + net.JoinHostPort(p.open, strconv.Itoa(ports.Router)),
		"DYNOMAD_SERVER=" + url(ports.Server),
		"DYNOMAD_MACHINE_TOKEN_FILE=" + filepath.Join(p.keys(), "machine.token"),
		"CONSUL_HTTP_ADDR=" + p.cluster.ConsulAddr(),
		"CONSUL_HTTP_TOKEN=" + p.cluster.Tokens.ConsulRouter,
		"DYNOMAD_GRACE=5s",
	}
	return []service{
		{p.process("bucket", bucket), ports.Bucket},
		{p.process("server", server), ports.Server},
		{p.process("router", router), ports.Router},
	}
}

func (p *plane) process(name string, env []string) *devcluster.Process {
	env = append(env, "PATH="+os.Getenv("PATH"), "HOME="+os.Getenv("HOME"))
	return &devcluster.Process{Name: name, Path: p.program, Args: []string{name}, Env: env, Dir: p.cluster.Dir}
}

// start starts the three, each when the one before answers.
func (p *plane) start(ctx context.Context) error {
	if _, err := keys.Load(p.keys()); err != nil {
		return err
	}
	if err := os.MkdirAll(p.bucket(), 0o700); err != nil {
		return dynomad.Errorf(dynomad.KindInternal, "making the bucket's folder: %w", err)
	}
	for _, s := range p.services() {
		if err := s.Start(); err != nil {
			return err
		}
		if err := s.wait(ctx); err != nil {
			return err
		}
	}
	return nil
}

// stop ends the three, the server first, so that nothing is deployed while the rest goes down.
func (p *plane) stop(ctx context.Context) error {
	services := p.services()
	for _, i := range []int{1, 2, 0} {
		if err := services[i].Stop(ctx, planeGrace); err != nil {
			return err
		}
	}
	return nil
}

// wait returns when the process answers, and gives up early when it has ended.
func (s service) wait(ctx context.Context) error {
	patient, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	for !s.healthy(patient) {
		if !s.Alive() {
			return dynomad.Errorf(dynomad.KindUnavailable, "dynomad %s has ended:\n%s", s.Name, strings.Join(s.LastLines(5), "\n")).
				WithHint("its log: %s", s.LogPath())
		}
		select {
		case <-patient.Done():
			return dynomad.Errorf(dynomad.KindUnavailable, "dynomad %s does not answer: %w", s.Name, context.Cause(patient)).
				WithHint("its log: %s", s.LogPath())
		case <-time.After(50 * time.Millisecond):
		}
	}
	return nil
}

// healthy says whether the process answers and finds itself well.
func (s service) healthy(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url(s.port)+"/health", nil)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	_ = resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}
