package cli

import (
	"slices"
	"strings"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/hcl"
)

// TranslateCmd shows the Nomad jobs that a directory would become. It asks no server and no cluster.
type TranslateCmd struct {
	Translation `embed:""`

	Format  string `enum:"hcl,json" default:"hcl" help:"hcl, or json as Nomad's /v1/jobs takes it: a list where there are several jobs."`
	Job     string `placeholder:"ID" help:"Of several jobs the one to print, or all."`
	Vars    bool   `help:"Print the config vars instead, as nomad var put -in=json takes them: one object a line."`
	Explain bool   `help:"Say behind each line where it comes from."`
}

// Run is "dynomad translate".
func (c *TranslateCmd) Run(ui *UI, here Here) error {
	t, err := c.translate(ui, here)
	if err != nil {
		return err
	}
	pieces, err := c.chosen(ui, t.pieces())
	if err != nil {
		return err
	}
	switch {
	case c.Vars:
		return printVariables(ui, pieces)
	case c.json(ui):
		return printSubmissions(ui, pieces)
	}
	if slices.ContainsFunc(pieces, func(p piece) bool { return len(p.variables) > 0 }) {
		ui.Note("The config vars are not in the job. Write them first: the same command with --vars prints what `nomad var put -in=json -` takes.")
	}
	for i, p := range pieces {
		if i > 0 {
			ui.stdout.raw("")
		}
		text := hcl.FormatJob(p.job)
		if c.Explain {
			text = hcl.FormatJobWith(p.job, t.origins(p.job))
		}
		ui.stdout.raw(strings.TrimSuffix(string(text), "\n"))
	}
	return nil
}

func (c *TranslateCmd) json(ui *UI) bool { return c.Format == "json" || ui.JSON() }

// chosen are the jobs to print. For people, and for a pipe into `nomad job run -`, that is the app's own where nothing else
// was asked for; what there is besides is then said.
func (c *TranslateCmd) chosen(ui *UI, all []piece) ([]piece, error) {
	if c.Job == "all" || c.Job == "" && (c.Vars || c.json(ui)) || len(all) == 0 {
		return all, nil
	}
	ids := make([]string, len(all))
	for i, p := range all {
		ids[i] = *p.job.ID
	}
	if c.Job == "" {
		if len(all) > 1 {
			ui.Note("There are further jobs: %s. --job ID prints one of them, --job all prints all.", strings.Join(ids[1:], ", "))
		}
		return all[:1], nil
	}
	i := slices.Index(ids, c.Job)
	if i < 0 {
		return nil, dynomad.Errorf(dynomad.KindNotFound, "there is no job %q", c.Job).WithHint("there are %s", strings.Join(ids, ", "))
	}
	return all[i : i+1], nil
}

// printVariables prints each variable as a line, so that a shell can hand them on one by one.
func printVariables(ui *UI, pieces []piece) error {
	for _, p := range pieces {
		for _, v := range p.variables {
			object := map[string]any{"Path": v.Path, "Items": v.Items}
			if p.job.Namespace != nil {
				object["Namespace"] = *p.job.Namespace
			}
			if err := ui.Object(object); err != nil {
				return err
			}
		}
	}
	return nil
}

// printSubmissions prints what Nomad's API takes: one object, or a list of them.
func printSubmissions(ui *UI, pieces []piece) error {
	submissions := make([]map[string]any, len(pieces))
	for i, p := range pieces {
		submissions[i] = map[string]any{"Job": p.job}
	}
	if len(submissions) == 1 {
		return ui.Document(submissions[0])
	}
	return ui.Document(submissions)
}
