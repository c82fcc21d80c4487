package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/adopt"
)

// EjectCmd prints a job file that runs without Dynomad.
type EjectCmd struct {
	Translation `embed:""`

	Job string `placeholder:"ID" help:"Eject a job of the Nomad of NOMAD_ADDR instead of a directory's."`
	Out string `short:"o" placeholder:"DIR" help:"Write a file ID.nomad.hcl for each job there, crons among them."`
}

// Run is `dynomad eject`.
func (c *EjectCmd) Run(ctx context.Context, ui *UI, here Here) error {
	pieces, err := c.ejected(ctx, ui, here)
	if err != nil {
		return err
	}
	if c.Out == "" && len(pieces) > 1 {
		ui.Note("There are %d jobs, and a job file holds one: --out DIR writes a file for each. This is %s.", len(pieces), *pieces[0].job.ID)
		pieces = pieces[:1]
	}
	for _, p := range pieces {
		text, err := adopt.Eject(p.job, p.variables)
		if err != nil {
			return err
		}
		if c.Out == "" {
			ui.stdout.raw(strings.TrimSuffix(string(text), "\n"))
			continue
		}
		if err := os.MkdirAll(here.path(c.Out), 0o755); err != nil { //nolint:gosec // no secret: it may be committed
			return fmt.Errorf("make %s: %w", c.Out, err)
		}
		file := filepath.Join(c.Out, *p.job.ID+".nomad.hcl")
		if err := os.WriteFile(here.path(file), text, 0o644); err != nil { //nolint:gosec // no secret
			return fmt.Errorf("write the job: %w", err)
		}
		ui.Note("Wrote %s.", file)
	}
	return nil
}

// ejected are the jobs to eject, each with the variables that it reads.
func (c *EjectCmd) ejected(ctx context.Context, ui *UI, here Here) ([]piece, error) {
	if c.Job != "" {
		job, err := runningJob(ctx, here, c.Job)
		return []piece{{job: job}}, err
	}
	t, err := c.translate(ui, here)
	if err != nil {
		return nil, err
	}
	pieces := t.pieces()
	if len(pieces) == 0 {
		return nil, dynomad.Errorf(dynomad.KindInvalid, "there is no job in %s", c.Dir).WithHint("its Procfile says what to run")
	}
	return pieces, nil
}
