package platform

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/store"
)

// Formation tells how many dynos of each process type the app should have, and the processes of the release that should
// be running.
func (p *Platform) Formation(
	ctx context.Context, actor dynomad.Actor, ref string,
) (app dynomad.App, f dynomad.Formation, processes []dynomad.Process, err error) {
	app, err = p.view(ctx, actor, ref, func(tx *store.Tx, app dynomad.App) error {
		plan, err := tx.Blueprint(app.ID)
		f, processes = offered(plan.Formation, plan.Processes), plan.Processes
		return err
	})
	return app, f, processes, err
}

// Scale changes quantities and sizes of process types that the release which should be running has. It returns the whole
// formation as it is then.
func (p *Platform) Scale(
	ctx context.Context, actor dynomad.Actor, ref string, changes []dynomad.Change,
) (f dynomad.Formation, err error) {
	if err := p.knowSizes(changes); err != nil {
		return nil, err
	}
	app, err := p.edit(ctx, actor, ref, func(tx *store.Tx, app dynomad.App) error {
		plan, err := tx.Blueprint(app.ID)
		if err != nil {
			return err
		}
		if err := scaled(plan.Processes, changes); err != nil {
			return err
		}
		before := offered(plan.Formation, plan.Processes)
		if f, err = before.Scale(changes, p.now()); err != nil {
			return err
		}
		if same(before, f) {
			f = before
			return nil
		}
		// While a release is pending there may be types that only the one before it has: they stay as they are.
		if err := tx.PutFormation(app.ID, sorted(append(slices.Clone(f), others(plan.Formation, f)...))); err != nil {
			return err
		}
		if err := tx.ReviseApp(app.ID, p.now()); err != nil {
			return err
		}
		return p.tell(tx, app, actor, "Scale to "+f.String()+" by "+actor.Email)
	})
	if err == nil {
		p.hurry(ctx, app)
	}
	return f, err
}

// scaled refuses changes of what has no dynos that could be counted.
func scaled(processes []dynomad.Process, changes []dynomad.Change) error {
	for _, c := range changes {
		at := slices.IndexFunc(processes, func(process dynomad.Process) bool { return process.Type == c.Type })
		switch {
		case at < 0 || processes[at].Scaled():
		case processes[at].Scheduled():
			return dynomad.Errorf(dynomad.KindInvalid, "%s runs by its schedule (%s) and cannot be scaled",
				c.Type, strings.Join(processes[at].Settings.Schedule, ", ")).
				WithHint("its schedule and its size stand in dynomad.hcl; without it there, the next deploy ends it")
		default:
			return dynomad.Errorf(dynomad.KindInvalid, "%s runs once in every release and cannot be scaled", c.Type).
				WithHint("its size stands in dynomad.hcl")
		}
	}
	return nil
}

func (p *Platform) knowSizes(changes []dynomad.Change) error {
	for _, c := range changes {
		if _, ok := p.Target.Sizes[strings.ToLower(c.Size)]; c.Size != "" && !ok {
			return dynomad.Errorf(dynomad.KindInvalid, "there is no dyno size %q", c.Size).
				WithHint("this cluster has %s", strings.Join(slices.Sorted(maps.Keys(p.Target.Sizes)), ", "))
		}
	}
	return nil
}

// same says whether two formations of the same types want the same dynos.
func same(a, b dynomad.Formation) bool {
	return slices.EqualFunc(a, b, func(x, y dynomad.FormationEntry) bool { return x.Quantity == y.Quantity && x.Size == y.Size })
}

// others are the entries of all whose types part does not have.
func others(all, part dynomad.Formation) dynomad.Formation {
	return slices.DeleteFunc(slices.Clone(all), func(e dynomad.FormationEntry) bool {
		_, ok := entry(part, e.Type)
		return ok
	})
}
