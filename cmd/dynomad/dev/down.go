package dev

import (
	"context"
	"errors"
	"slices"

	"github.com/dynomad/dynomad/cmd/dynomad/cli"
	"github.com/dynomad/dynomad/internal/devcluster"
)

// DownCmd ends a platform.
type DownCmd struct {
	Place `embed:""`
}

// Run is `dynomad dev down`.
func (c *DownCmd) Run(ctx context.Context, ui *cli.UI) error {
	dir, err := c.dir()
	if err != nil {
		return err
	}
	l, err := end(ctx, ui, dir)
	if err != nil {
		return err
	}
	l.release()
	return nil
}

// end takes a platform down and returns its lock. Whoever has it in the foreground is asked to end; what is left after that,
// or after a crash, is taken down here.
func end(ctx context.Context, ui *cli.UI, dir string) (*lock, error) {
	cluster, err := open(dir)
	if err != nil {
		return nil, err
	}
	if pid := holder(dir); pid != 0 {
		ui.Note("asking process %d, which has the platform in the foreground, to end it", pid)
	}
	l, err := takeOver(ctx, dir)
	if err != nil {
		return nil, err
	}
	p, err := newPlane(cluster)
	if err == nil {
		stopping, cancel := context.WithTimeout(ctx, stopTimeout)
		defer cancel()
		err = p.takeDown(stopping, ui)
	}
	if err != nil {
		l.release()
		return nil, err
	}
	return l, nil
}

// takeDown ends the control plane, the jobs, the agents, and whatever is left, in this order, and tells what was left.
func (p *plane) takeDown(ctx context.Context, ui *cli.UI) error {
	done := func(error) {}
	begin := func(text string) {
		step := ui.Step("%s", text)
		done = func(err error) { step.Done("%s", word(err)) }
	}
	if !p.alive() { // look for what is left, without a word if that is nothing
		begin = func(string) {}
	}
	begin("Ending Dynomad")
	planeErr := p.stop(ctx)
	done(planeErr)
	begin("Ending dynos, Nomad and Consul")
	report, err := p.cluster.Stop(ctx)
	done(err)
	for _, process := range report.Processes {
		ui.Warn("killed a process that its agent had left: %s", process)
	}
	if n := len(report.Mounts); n > 0 {
		ui.Note("undid %d mounts that Nomad keeps for the logs of ended dynos", n)
	}
	return errors.Join(planeErr, err)
}

// alive says whether any process of the platform runs.
func (p *plane) alive() bool {
	return slices.ContainsFunc(p.processes(), (*devcluster.Process).Alive)
}

func word(err error) string {
	if err != nil {
		return "failed"
	}
	return "done"
}
