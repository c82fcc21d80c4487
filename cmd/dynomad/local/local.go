// Package local is `dynomad local`: it runs the Procfile of a directory on the machine of whoever develops it, without
// Nomad and without a server, as foreman does.
//
//	local.go       the command: reads the directory, prints
//	files.go       what it reads
//	formation.go   which processes run, how often
//	env.go         their environment and their ports
//	run.go         starts them, waits for the first to end, ends the others
//	session.go     one of them with everything that it has started
//	lines.go       what they print, cut into lines
//
// A process gets what a dyno gets, as far as a laptop has it: its command goes to /bin/sh -c in the directory, byte for byte,
// $PORT is where it should listen, $DYNO is its name, and at the end the signal of its kill_signal goes to every process that
// it has started. What a dynomad.hcl says about machines (size, constraint, check, volume) means nothing here.
//
// Nothing is left behind. Each process leads a session of its own, so that what it starts can be found when it has gone
// itself; only what makes itself a daemon, with another session of its own, gets away.
package local

import (
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/cmd/dynomad/cli"
)

// Cmd is the command.
type Cmd struct {
	What      []string       `arg:"" optional:"" name:"type|dir" help:"The process types to run, otherwise all but crons and the release phase; and the directory, which has a slash in it or is a dot."`
	Formation []string       `short:"m" placeholder:"TYPE=N" help:"How many of each, such as web=2,worker=1 or all=0."`
	Port      int            `short:"p" placeholder:"PORT" help:"$PORT of the first process of the Procfile; that of the next is 100 more. By default PORT of the .env file or of the environment, else 5000."`
	Env       []string       `short:"e" placeholder:"FILE" help:"Files with environment variables, in the directory. By default .env, if there is one."`
	Procfile  string         `short:"f" placeholder:"FILE" default:"Procfile" help:"The Procfile, in the directory."`
	Timeout   *time.Duration `placeholder:"5s" help:"How long a process that was told to end may take before it is killed. By default its kill_timeout, else 5s."`
}

// Run is `dynomad local`.
func (c *Cmd) Run(ui *cli.UI, here cli.Here) error {
	// Before anything else, so that none of these can end this program and leave others running. SIGPIPE says that nobody reads
	// what is printed.
	interrupts := make(chan os.Signal, 4)
	signal.Notify(interrupts, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGPIPE)
	defer signal.Stop(interrupts)

	types, dir := c.arguments()
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(here.Dir, dir)
	}
	processes, err := readSource(ui, dir, c.Procfile)
	if err != nil {
		return err
	}
	dotenv, err := readEnv(ui, dir, c.Env)
	if err != nil {
		return err
	}
	wanted, err := choose(processes, types, c.Formation)
	if err != nil {
		return err
	}
	for _, remark := range wanted.remarks {
		ui.Warn("%s", remark)
	}
	base, err := basePort(c.Port, dotenv, here.Getenv)
	if err != nil {
		return err
	}
	dynos, err := wanted.dynos(base, dotenv, c.Timeout)
	if err != nil {
		return err
	}
	end := (&runner{dir: dir, environ: os.Environ(), dynos: dynos, say: newPrinter(ui, here.Now, dynos)}).run(interrupts)
	if end.err != nil {
		return end.err
	}
	if end.code == 0 {
		return nil
	}
	return &cli.Exit{Code: end.code}
}

// arguments are the process types and the directory. What has a slash in it cannot be a type.
func (c *Cmd) arguments() (types []string, dir string) {
	dir = "."
	for _, arg := range c.What {
		if arg == "." || arg == ".." || strings.Contains(arg, "/") {
			dir = arg
			continue
		}
		types = append(types, strings.Split(arg, ",")...)
	}
	return types, dir
}

// printer prints what dynos print, each line with the time and the dyno's name.
type printer struct {
	mu    sync.Mutex
	ui    *cli.UI
	now   func() time.Time
	width int
}

// newPrinter prints so that the lines of all dynos stand under each other.
func newPrinter(ui *cli.UI, now func() time.Time, dynos []dyno) *printer {
	p := &printer{ui: ui, now: now}
	for _, d := range dynos {
		p.width = max(p.width, len(d.Name))
	}
	return p
}

func (p *printer) head(d *dyno) string {
	return fmt.Sprintf("%s %-*s |", p.now().Local().Format(time.TimeOnly), p.width, d.Name)
}

// line prints a line of a dyno's.
func (p *printer) line(d *dyno, text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ui.JSON() {
		_ = p.ui.Object(printed{p.now().UTC(), d.Name, text}) // it holds nothing that JSON has no words for
		return
	}
	p.ui.Output(d.Number, p.head(d), text)
}

// printed is a line with --json.
type printed struct {
	Time    time.Time `json:"time"`
	Process string    `json:"process"`
	Line    string    `json:"line"`
}

// remark says on the side what happens to a dyno.
func (p *printer) remark(d *dyno, format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ui.Remark(d.Number, p.head(d), fmt.Sprintf(format, args...))
}

// nothing is the error of a formation of nobody.
func nothing() error {
	return dynomad.Errorf(dynomad.KindInvalid, "there is nothing to run").
		WithHint("name process types, or say how many by -m, such as -m web=1")
}
