package cli

import (
	"cmp"
	"context"
	"log/slog"
	"path"
	"slices"

	"github.com/aymanbagabas/go-udiff"
	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/cluster"
	"github.com/dynomad/dynomad/hcl"
	"github.com/dynomad/dynomad/translator"
)

// PlanCmd says what would change on the cluster if a directory's jobs were registered. It asks Nomad, at NOMAD_ADDR and with
// NOMAD_TOKEN, and changes nothing.
//
// Where the app runs already, what the directory cannot know is taken from the job that runs: the release, its program, its
// routes, its log sidecar, and the number of dynos of those types of which the source says none. What is shown then is
// what the directory says differently.
type PlanCmd struct {
	Translation `embed:""`
}

// judges: 0 nothing changes, 2 something does, 3 something cannot be placed, so that what goes wrong is 1.
func (c *PlanCmd) judges() {}

// planned is one job of a plan.
type planned struct {
	translator.Plan
	Difference string `json:"difference,omitempty"` // of the job's text, as `diff -u` writes it
}

// Run is `dynomad plan`.
func (c *PlanCmd) Run(ctx context.Context, ui *UI, here Here) error {
	p, err := c.planner(ctx)
	if err != nil {
		return err
	}
	jobs, err := c.jobs(p, ui, here)
	if err != nil {
		return err
	}
	var plans []planned
	for _, job := range jobs {
		plan, err := p.plan(job.job)
		if err != nil {
			return err
		}
		if err := p.values(ui, &plan, job); err != nil {
			return err
		}
		plans = append(plans, plan)
	}
	gone, err := p.gone(jobs)
	if err != nil {
		return err
	}
	code := verdict(plans, gone)
	if ui.JSON() {
		err = ui.Document(map[string]any{"jobs": plans, "gone": append([]string{}, gone...), "exit_code": code})
	} else {
		tell(ui, plans, gone)
	}
	if err != nil || code == 0 {
		return err
	}
	return &Exit{code}
}

// verdict is the exit code: that of the worst that happens to any job.
func verdict(plans []planned, gone []string) int {
	code := 0
	if len(gone) > 0 {
		code = 2
	}
	for _, p := range plans {
		code = max(code, p.ExitCode())
	}
	return code
}

// planner asks a cluster.
type planner struct {
	ctx     context.Context
	cluster *cluster.Cluster
	alone   func(dynomad.ProcessType) bool // the type wants no log sidecar
	holes   []translator.Hole
	asked   bool // for holes
}

func (c *PlanCmd) planner(ctx context.Context) (*planner, error) {
	config := api.DefaultConfig()
	c.Namespace = cmp.Or(c.Namespace, config.Namespace)
	nomad, err := api.NewClient(config)
	if err != nil {
		return nil, dynomad.Errorf(dynomad.KindInvalid, "reading Nomad's settings: %w", err).WithHint("look at NOMAD_ADDR and NOMAD_CACERT")
	}
	return &planner{
		ctx:     ctx,
		cluster: cluster.New(cluster.Config{Nomad: nomad, Namespace: c.Namespace, Log: slog.New(slog.DiscardHandler)}),
	}, nil
}

// jobs are the directory's jobs, made for what runs of them.
func (c *PlanCmd) jobs(p *planner, ui *UI, here Here) ([]piece, error) {
	name, err := c.name(here)
	if err != nil {
		return nil, err
	}
	running, err := p.running(translator.JobID(name))
	if err != nil {
		return nil, err
	}
	var of translator.Running
	ours := false
	if running != nil {
		if of, ours = translator.ReadRunning(running); ours {
			c.follow(of)
		} else {
			ui.Warn("the job %s on the cluster was not made by Dynomad", name)
		}
	}
	made, err := c.translate(ui, here)
	if err != nil {
		return nil, err
	}
	p.alone = func(t dynomad.ProcessType) bool {
		i := slices.IndexFunc(made.Blueprint.Processes, func(p dynomad.Process) bool { return p.Type == t })
		if i < 0 {
			return true
		}
		sidecar := translator.Settings(made.Blueprint.Processes[i], made.Target).Sidecar
		return sidecar != nil && *sidecar == dynomad.SidecarNone
	}
	if ours {
		made.Bundle, _ = translator.Translate(scaled(made.Blueprint, of), made.Target) // its problems have been told
	}
	made.Runs = nil // they are over as soon as a release has been made
	return made.pieces(), nil
}

// follow takes from what runs whatever the command line does not say.
func (c *PlanCmd) follow(of translator.Running) {
	if c.Release <= 1 {
		c.Release = int(of.Release)
	}
	if c.Image == "" && c.Artifact == "" {
		c.Image, c.Artifact, c.Checksum = of.Image, of.Slug, of.SHA256
	}
	c.Driver = cmp.Or(c.Driver, of.Driver)
	if of.Domain != "" && c.Domain == "localhost" {
		c.Domain, c.EdgePort = of.Domain, of.EdgePort
	}
}

// scaled is the blueprint with as many dynos as run of each type of which the source says no number, and with the host names
// that the app has.
func scaled(bp dynomad.Blueprint, of translator.Running) dynomad.Blueprint {
	for i, e := range bp.Formation {
		j := slices.IndexFunc(bp.Processes, func(p dynomad.Process) bool { return p.Type == e.Type })
		if n, runs := of.Quantity[e.Type]; runs && j >= 0 && bp.Processes[j].Settings.Quantity == nil {
			bp.Formation[i].Quantity = n
		}
	}
	for _, host := range of.Hosts {
		if !slices.ContainsFunc(bp.Domains, func(d dynomad.Domain) bool { return d.Hostname == host }) {
			bp.Domains = append(bp.Domains, dynomad.Domain{Hostname: host})
		}
	}
	return bp
}

// running is the job on the cluster, nil if there is none.
func (p *planner) running(id string) (*api.Job, error) {
	job, err := p.cluster.Running(p.ctx, id)
	if dynomad.KindOf(err) == dynomad.KindNotFound {
		return nil, nil //nolint:nilnil // none is an answer
	}
	return job, err
}

// plan asks what would become of one job.
func (p *planner) plan(job *api.Job) (planned, error) {
	running, err := p.running(*job.ID)
	if err != nil {
		return planned{}, err
	}
	if running != nil {
		translator.TakeOver(job, running, p.alone)
	}
	answer, err := p.cluster.Plan(p.ctx, job)
	if err != nil {
		return planned{}, err
	}
	if len(answer.FailedTGAllocs) > 0 && !p.asked {
		if p.holes, err = p.cluster.Holes(p.ctx); err != nil {
			return planned{}, err
		}
		p.asked = true
	}
	out := planned{Plan: translator.ReadPlan(answer, job, p.holes)}
	switch {
	case running == nil:
		out.Difference = udiff.Unified("nothing", *job.ID, "", string(hcl.FormatJob(job)))
	case answer.Diff != nil && answer.Diff.Type != "None":
		old, renewed := translator.Comparable(running, job, answer.Diff)
		out.Difference = udiff.Unified("running", "planned", string(hcl.FormatJob(old)), string(hcl.FormatJob(renewed)))
	}
	return out, nil
}

// values compares the config vars, which are not in the job. Whoever may not read those of the cluster is told so.
func (p *planner) values(ui *UI, plan *planned, job piece) error {
	if plan.New {
		return nil
	}
	for _, v := range job.variables {
		theirs, err := p.cluster.Values(p.ctx, v.Path)
		if dynomad.KindOf(err) == dynomad.KindForbidden {
			ui.Warn("the token may not read the config vars of %s, so they are not compared", plan.Job)
			return nil
		}
		if err != nil {
			return err
		}
		more := translator.ReadVariables(translator.TypeOf(path.Base(path.Dir(v.Path))), v.Items, theirs)
		plan.Causes, plan.Changed = append(plan.Causes, more...), plan.Changed || len(more) > 0
	}
	return nil
}

// gone are the app's crons on the cluster that the directory no longer has.
func (p *planner) gone(jobs []piece) ([]string, error) {
	if len(jobs) == 0 {
		return nil, nil
	}
	ids, err := p.cluster.Beside(p.ctx, translator.CronPrefix(dynomad.AppName(*jobs[0].job.ID)))
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(ids, func(id string) bool {
		return slices.ContainsFunc(jobs, func(j piece) bool { return *j.job.ID == id })
	}), nil
}

// tell tells people: in words first, then as text.
func tell(ui *UI, plans []planned, gone []string) {
	for i, p := range plans {
		if i > 0 {
			ui.Line("")
		}
		p.words(ui)
	}
	for _, id := range gone {
		ui.Line("")
		ui.Heading("%s", id)
		ui.Line("It is on the cluster and no longer in the source: it ends.")
	}
	for _, p := range plans {
		if p.Difference != "" {
			ui.Line("")
			ui.Heading("%s as HCL", p.Job)
			ui.Difference(p.Difference)
		}
	}
}

// words tell what happens to a job.
func (p planned) words(ui *UI) {
	title := p.Job
	if p.New {
		title += " (new)"
	}
	ui.Heading("%s", title)
	for _, warning := range p.Warnings {
		ui.Warn("nomad says: %s", warning)
	}
	if !p.Changed && len(p.Unplaced) == 0 {
		ui.Line("Nothing changes.")
		return
	}
	var rows [][]string
	for _, c := range p.causes("") {
		rows = append(rows, []string{"", c})
	}
	for _, c := range p.Changes {
		rows = append(rows, []string{string(c.Type), c.String()})
		for _, cause := range p.causes(c.Type) {
			rows = append(rows, []string{"", cause})
		}
	}
	ui.Table(rows)
	for _, name := range p.Pushed {
		ui.Line("%s has to make room.", name)
	}
	if p.NextRun != nil {
		ui.Line("It runs next at %s.", p.NextRun.Format("2006-01-02 15:04:05 MST"))
	}
	if len(p.Unplaced) == 0 {
		return
	}
	ui.Line("")
	ui.Heading("Cannot be placed")
	rows = nil
	for _, u := range p.Unplaced {
		rows = append(rows, []string{string(u.Type), u.String()}, []string{"", u.Measure()})
	}
	ui.Table(rows)
}

// causes are those of one process type, a line each.
func (p planned) causes(t dynomad.ProcessType) []string {
	var out []string
	for _, c := range p.Causes {
		switch {
		case c.Type != t:
		case c.Restarts:
			out = append(out, "because "+c.String())
		case c.Later:
			out = append(out, c.String()+", for dynos that start from then on")
		default:
			out = append(out, c.String()+", in place")
		}
	}
	return out
}
