package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/adopt"
	"github.com/dynomad/dynomad/source"
)

// AdoptCmd makes an app's source of a Nomad job that there is already.
type AdoptCmd struct {
	Job       string `arg:"" placeholder:"JOB|FILE" help:"A job's id at the Nomad of NOMAD_ADDR, or a job file: as HCL, which that Nomad reads, or as JSON."`
	Out       string `short:"o" default:"." placeholder:"DIR" help:"Where to write Procfile and dynomad.hcl."`
	App       string `short:"a" placeholder:"NAME" help:"The app; by default named like the job."`
	Force     bool   `help:"Overwrite files that are there."`
	Driver    string `placeholder:"DRIVER" help:"The driver of the cluster that it is adopted for: docker, exec or raw_exec; by default the job's own."`
	Domain    string `default:"localhost" help:"The domain under which apps are reached."`
	EdgePort  int    `default:"8080" help:"The port that the edge listens on."`
	Templates string `placeholder:"DIR" env:"DYNOMAD_TEMPLATES" help:"The operator's process templates."`
}

// Run is `dynomad adopt`.
func (c *AdoptCmd) Run(ctx context.Context, ui *UI, here Here) error {
	job, err := c.job(ctx, here)
	if err != nil {
		return err
	}
	if job.ID == nil {
		return dynomad.Errorf(dynomad.KindInvalid, "%s holds no job", c.Job).WithHint("a job file in JSON is an object with an ID, or with that under \"Job\"")
	}
	if c.App != "" {
		job.ID, job.Name = &c.App, &c.App
	}
	driver := cmp.Or(c.Driver, adopt.Driver(job))
	namespace := ""
	if job.Namespace != nil && *job.Namespace != api.DefaultNamespace {
		namespace = *job.Namespace
	}
	to, err := Translation{Driver: driver, Domain: c.Domain, EdgePort: c.EdgePort, Templates: c.Templates, Namespace: namespace}.target(here)
	if err != nil {
		return err
	}
	files, problems := adopt.Job(job, to.Target)
	if err := ui.Tell(nil, problems); err != nil {
		return err
	}
	if err := c.write(here, files); err != nil {
		return err
	}
	c.next(ui, *job.ID, driver, namespace)
	return nil
}

// job reads the job from where its name leads: a file if there is one, else Nomad.
func (c *AdoptCmd) job(ctx context.Context, here Here) (*api.Job, error) {
	text, err := os.ReadFile(here.path(c.Job))
	switch {
	case (errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.EISDIR)) && !strings.ContainsAny(c.Job, "./"):
		return runningJob(ctx, here, c.Job)
	case err != nil:
		return nil, fmt.Errorf("read the job: %w", err)
	case filepath.Ext(c.Job) == ".json":
		return jobOfJSON(c.Job, text)
	}
	client, err := nomadOf(here)
	if err != nil {
		return nil, err
	}
	job, err := client.Jobs().ParseHCLOpts(&api.JobsParseRequest{JobHCL: string(text)})
	if err != nil {
		return nil, nomadError(err, "read %s", c.Job)
	}
	return job, nil
}

// jobOfJSON reads a job as Nomad's API takes it, {"Job": {...}}, or as it answers it.
func jobOfJSON(name string, text []byte) (*api.Job, error) {
	var submission struct{ Job *api.Job }
	job := new(api.Job)
	if err := errors.Join(json.Unmarshal(text, &submission), json.Unmarshal(text, job)); err != nil {
		return nil, dynomad.Errorf(dynomad.KindInvalid, "%s is no job in Nomad's JSON: %w", name, err)
	}
	return cmp.Or(submission.Job, job), nil
}

// runningJob asks Nomad for a job.
func runningJob(ctx context.Context, here Here, id string) (*api.Job, error) {
	client, err := nomadOf(here)
	if err != nil {
		return nil, err
	}
	job, _, err := client.Jobs().Info(id, (&api.QueryOptions{Namespace: here.Getenv("NOMAD_NAMESPACE")}).WithContext(ctx))
	if err != nil {
		return nil, nomadError(err, "fetch the job %s", id)
	}
	return job, nil
}

// nomadOf is the Nomad that the environment names, as for the program nomad.
func nomadOf(here Here) (*api.Client, error) {
	config := api.DefaultConfig()
	config.Address = cmp.Or(here.Getenv("NOMAD_ADDR"), config.Address)
	config.SecretID = cmp.Or(here.Getenv("NOMAD_TOKEN"), config.SecretID)
	client, err := api.NewClient(config)
	if err != nil {
		return nil, dynomad.Errorf(dynomad.KindInvalid, "find Nomad: %w", err).WithHint("set NOMAD_ADDR, such as http://127.0.0.1:4646")
	}
	return client, nil
}

func nomadError(err error, format string, args ...any) error {
	kind, hint := dynomad.KindUnavailable, "is NOMAD_ADDR right, and NOMAD_TOKEN set where Nomad wants one?"
	if answer, ok := errors.AsType[api.UnexpectedResponseError](err); ok {
		switch {
		case answer.StatusCode() == http.StatusNotFound:
			kind, hint = dynomad.KindNotFound, "`nomad job status` lists the jobs; a file has a dot or a slash in its name"
		case answer.StatusCode() == http.StatusForbidden:
			kind = dynomad.KindForbidden
		case answer.StatusCode() < http.StatusInternalServerError:
			kind, hint = dynomad.KindInvalid, "`nomad job validate` says more"
		}
	}
	return dynomad.Errorf(kind, "%s: %w", fmt.Sprintf(format, args...), err).WithHint("%s", hint)
}

// write writes the files, all or none.
func (c *AdoptCmd) write(here Here, files adopt.Files) error {
	dir := here.path(c.Out)
	texts := map[string][]byte{source.Manifest: files.Manifest}
	if len(files.Procfile) > 0 {
		texts[source.Procfile] = files.Procfile
	}
	for _, name := range []string{source.Procfile, source.Manifest} {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil && !c.Force {
			return dynomad.Errorf(dynomad.KindConflict, "there is a %s in %s already", name, dir).
				WithHint("write elsewhere with --out DIR, or overwrite it with --force")
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // no secret: it may be committed
		return fmt.Errorf("make %s: %w", dir, err)
	}
	for name, text := range texts {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil { //nolint:gosec // no secret
			return fmt.Errorf("write the app: %w", err)
		}
	}
	return nil
}

// next says what there is now, and how to see that it is the job.
func (c *AdoptCmd) next(ui *UI, app, driver, namespace string) {
	ui.Note("Wrote the app %s to %s. Its dynomad.hcl says at the top what it needs.", app, c.Out)
	flags := ""
	if namespace != "" {
		flags += " --namespace " + namespace
	}
	if c.Domain != "localhost" {
		flags += " --domain " + c.Domain
	}
	ui.Note("`dynomad plan --app %s --driver %s%s --operator %s` shows what differs from what runs: only names that Dynomad gives.", app, driver, flags, c.Out)
}
