// Package cli is what people type: every command of `dynomad` that talks to a control plane over its REST API, and the
// frame in which all of the binary's commands run.
//
// A command is a struct in a file of its own, named like the command (ps_scale.go holds `dynomad ps:scale`). Its fields
// are its flags and arguments, read by kong; its Run method takes what it needs as parameters, which Main binds:
//
//   - context.Context ends at Ctrl-C,
//   - *UI is the only way to print (its rules stand at the top of ui.go),
//   - *Client is the REST API with the credentials of the current host (client.go); asking for it means: must be logged in,
//   - Here is the directory, environment and standard input that the command was started with.
//
// A new command is a struct, a line in Commands and a script in testdata. Commands hold no rules of the platform: they
// ask the API, and print what it says. Errors go up to Main, the one place that prints them and picks the exit code.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"github.com/dynomad/dynomad"
)

// Commands are the user's commands, to be embedded into the grammar of a binary.
type Commands struct {
	JSON bool `name:"json" help:"Print data as JSON on stdout."`

	Login  LoginCmd  `cmd:"" group:"account" help:"Log in and remember the token."`
	Logout LogoutCmd `cmd:"" group:"account" help:"Revoke the remembered token and forget it."`
	Whoami WhoamiCmd `cmd:"" group:"account" help:"Show who is logged in."`

	Create  CreateCmd  `cmd:"" group:"apps" help:"Create an app."`
	Apps    AppsCmd    `cmd:"" group:"apps" help:"List your apps."`
	Info    InfoCmd    `cmd:"" group:"apps" help:"Show one app."`
	Open    OpenCmd    `cmd:"" group:"apps" help:"Open the app in a browser."`
	Destroy DestroyCmd `cmd:"" group:"apps" help:"Destroy an app and everything it has."`

	Deploy   DeployCmd   `cmd:"" group:"releases" help:"Deploy a directory and wait until it serves."`
	Releases ReleasesCmd `cmd:"" group:"releases" help:"List the app's releases."`
	Rollback RollbackCmd `cmd:"" group:"releases" help:"Go back to the release before, or to a named one."`

	Config      ConfigCmd      `cmd:"" group:"config" help:"Show the config vars."`
	ConfigSet   ConfigSetCmd   `cmd:"" group:"config" name:"config:set" help:"Set config vars, which makes a release."`
	ConfigUnset ConfigUnsetCmd `cmd:"" group:"config" name:"config:unset" help:"Remove config vars, which makes a release."`

	Ps        PsCmd        `cmd:"" group:"dynos" help:"Show the dynos."`
	PsScale   PsScaleCmd   `cmd:"" group:"dynos" name:"ps:scale" help:"Change how many dynos there are, and their size."`
	PsRestart PsRestartCmd `cmd:"" group:"dynos" name:"ps:restart" help:"Restart all dynos, those of a type, or one."`
	Logs      LogsCmd      `cmd:"" group:"dynos" help:"Show the log, or follow it."`

	Domains       DomainsCmd       `cmd:"" group:"domains" help:"List the app's host names."`
	DomainsAdd    DomainsAddCmd    `cmd:"" group:"domains" name:"domains:add" help:"Give the app another host name."`
	DomainsRemove DomainsRemoveCmd `cmd:"" group:"domains" name:"domains:remove" help:"Take a host name away."`

	Init      InitCmd      `cmd:"" group:"local" help:"Write a Procfile and a dynomad.hcl, or make them of what runs elsewhere."`
	Translate TranslateCmd `cmd:"" group:"local" help:"Show the Nomad job that a directory becomes; needs no server."`
	Plan      PlanCmd      `cmd:"" group:"local" help:"Say what would change on the cluster; needs Nomad, but no server."`
	Adopt     AdoptCmd     `cmd:"" group:"local" help:"Make a Procfile and a dynomad.hcl of a Nomad job; needs no server."`
	Eject     EjectCmd     `cmd:"" group:"local" help:"Print a job file that runs without Dynomad."`
	Hcl       HclCmd       `cmd:"" group:"local" help:"Lay out, check and look up what stands in a dynomad.hcl."`
	Version   VersionCmd   `cmd:"" group:"local" help:"Show the version of this program."`
}

// AfterApply hands --json to the UI before the command runs.
func (c *Commands) AfterApply(ui *UI) error {
	ui.json = c.JSON
	return nil
}

// groups are the headings of the help text, in its order.
func groups() kong.Option {
	return kong.ExplicitGroups([]kong.Group{
		{Key: "account", Title: "Account"},
		{Key: "apps", Title: "Apps"},
		{Key: "releases", Title: "Releases"},
		{Key: "config", Title: "Config vars"},
		{Key: "dynos", Title: "Dynos and logs"},
		{Key: "domains", Title: "Domains"},
		{Key: "local", Title: "On this machine"},
		{Key: "platform", Title: "Running a platform"},
	})
}

// Process is what an operating system hands to a program.
type Process struct {
	Args    []string // without the program's name
	Version string   // of the program; "": what the Go toolchain has noted in the binary
	Dir     string   // the working directory
	Getenv  func(string) string
	Now     func() time.Time
	Stdin   io.Reader
	Stdout  io.Writer
	Stderr  io.Writer
}

// FromOS is the process that runs.
func FromOS() Process {
	dir, err := os.Getwd()
	if err != nil {
		dir = "."
	}
	return Process{
		Args: os.Args[1:], Dir: dir, Getenv: os.Getenv, Now: time.Now, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
	}
}

// Main parses the process's arguments by a grammar (a pointer to a struct for kong), runs the command, and returns the
// exit code. The first SIGINT or SIGTERM ends the command's context, a second one the program.
func Main(grammar any, p Process) int {
	ui := NewUI(p.Stdout, p.Stderr, p.Getenv)
	here := Here{Dir: p.Dir, Getenv: p.Getenv, Now: p.Now, Stdin: p.Stdin, Version: versionOf(p)}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)

	err := run(ctx, grammar, p, ui, here)
	if errors.Is(ctx.Err(), context.Canceled) && (err == nil || errors.Is(err, context.Canceled)) {
		ui.Interrupted()
		return exitInterrupted
	}
	if _, said := errors.AsType[*Exit](err); err != nil && !said {
		ui.Fail(err)
	}
	return ExitCode(err)
}

// exited is thrown where kong wants to end the program, so that Main's caller does it.
type exited struct{}

// run parses and runs; help and usage go to the process's own writers.
func run(ctx context.Context, grammar any, p Process, ui *UI, here Here) (err error) {
	defer func() {
		switch p := recover().(type) {
		case nil, exited: // kong exits only after --help, which has no error to tell
		default:
			panic(p)
		}
	}()
	parser, err := kong.New(grammar, kong.Name("dynomad"), groups(),
		kong.Description("A Heroku on your own Nomad cluster."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true, WrapUpperBound: 110}),
		kong.Writers(p.Stdout, p.Stderr), kong.Exit(func(int) { panic(exited{}) }),
		kong.Bind(ui, here), kong.BindTo(ctx, (*context.Context)(nil)),
		kong.BindToProvider(func() (*Client, error) { return NewClient(here) }))
	if err != nil {
		return fmt.Errorf("read the grammar of commands: %w", err)
	}
	args := p.Args
	if len(args) == 0 {
		args = []string{"--help"}
	}
	command, err := parser.Parse(args)
	if err != nil {
		if parse, ok := errors.AsType[*kong.ParseError](err); ok {
			command = parse.Context
		}
		return failure(command, &usageError{err})
	}
	return failure(command, command.Run())
}

// Exit is what a command returns that has said everything and ends with an exit code of its own. Nothing more is printed.
type Exit struct{ Code int }

func (e *Exit) Error() string { return fmt.Sprintf("exit code %d", e.Code) }

// judge is a command whose exit code is an answer: 0, 2 and 3 say what it found, so that whatever goes wrong is 1.
type judge interface{ judges() }

// failure marks what went wrong with a judge.
func failure(command *kong.Context, err error) error {
	if err == nil || command == nil || command.Selected() == nil {
		return err
	}
	if _, ok := command.Selected().Target.Addr().Interface().(judge); ok {
		return &misjudged{err}
	}
	return err
}

// misjudged is what went wrong with a judge.
type misjudged struct{ err error }

func (e *misjudged) Error() string { return e.err.Error() }
func (e *misjudged) Unwrap() error { return e.err }

// usageError is a command line that cannot be understood.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// The exit codes that are not a Kind's.
const (
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130
)

// ExitCode is the exit code for an error: 0 for none, a command's own, 2 for a command line that cannot be understood, else
// by its Kind.
func ExitCode(err error) int {
	if exit, ok := errors.AsType[*Exit](err); ok {
		return exit.Code
	}
	if _, ok := errors.AsType[*misjudged](err); ok {
		return exitFailed
	}
	if _, ok := errors.AsType[*usageError](err); ok {
		return exitUsage
	}
	switch dynomad.KindOf(err) {
	case "":
		return 0
	case dynomad.KindNotFound:
		return 3
	case dynomad.KindUnauthorized, dynomad.KindForbidden:
		return 4
	case dynomad.KindConflict:
		return 5
	case dynomad.KindUnavailable, dynomad.KindRateLimited:
		return 6
	default:
		return exitFailed // refused or failed; the message says why
	}
}
