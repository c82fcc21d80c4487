package console

import (
	"cmp"
	"maps"
	"net/http"
	"slices"

	"github.com/dynomad/dynomad"
)

// releasesShown is how many of the newest releases the page shows.
const releasesShown = 8

// appModel is an app's page.
type appModel struct {
	frame
	App      dynomad.App
	URL      string
	Types    []typeRow
	Away     error // why the dynos cannot be told, or nil
	Releases []dynomad.Release
	Config   []string // names only: nobody reads a value over somebody's shoulder
	Domains  []dynomad.Domain
}

// typeRow is a process type with its dynos.
type typeRow struct {
	Type     dynomad.ProcessType
	Command  string
	Size     string
	Quantity int
	Dynos    []dynomad.Dyno
}

func (c *console) app(w http.ResponseWriter, r *http.Request, v visit) error {
	model, err := c.load(r, v)
	if err != nil {
		return err
	}
	return c.show(w, http.StatusOK, "app", model)
}

// live is the part of the page that the script fetches again and again.
func (c *console) live(w http.ResponseWriter, r *http.Request, v visit) error {
	model, err := c.load(r, v)
	if err != nil {
		return err
	}
	return c.render(w, http.StatusOK, c.pages["app"].Lookup("live"), model)
}

// load reads everything that the page shows. Where Nomad is away the rest is shown all the same.
func (c *console) load(r *http.Request, v visit) (appModel, error) {
	ctx, ref := r.Context(), r.PathValue("app")
	app, formation, processes, err := c.Platform.Formation(ctx, v.Actor, ref)
	if err != nil {
		return appModel{}, err
	}
	model := appModel{frame: c.frame(string(app.Name), &v), App: app, URL: c.Platform.WebURL(app.Name)}
	dynos, err := c.Platform.Dynos(ctx, v.Actor, ref)
	if dynomad.KindOf(err) == dynomad.KindUnavailable {
		model.Away, err = err, nil
	}
	if err != nil {
		return model, err
	}
	model.Types = rows(formation, processes, dynos)
	if model.Releases, err = c.Platform.Releases(ctx, v.Actor, ref); err != nil {
		return model, err
	}
	slices.Reverse(model.Releases)
	model.Releases = model.Releases[:min(len(model.Releases), releasesShown)]
	config, err := c.Platform.Config(ctx, v.Actor, ref)
	if err != nil {
		return model, err
	}
	model.Config = slices.Sorted(maps.Keys(config))
	model.Domains, err = c.Platform.Domains(ctx, v.Actor, ref)
	return model, err
}

// rows joins what should run with what does. Dynos of a type that a release has dropped are shown until they end.
func rows(formation dynomad.Formation, processes []dynomad.Process, dynos []dynomad.Dyno) []typeRow {
	byType := map[dynomad.ProcessType]*typeRow{}
	for _, entry := range formation {
		byType[entry.Type] = &typeRow{Type: entry.Type, Size: entry.Size, Quantity: entry.Quantity}
	}
	for _, process := range processes {
		if row, ok := byType[process.Type]; ok {
			row.Command = process.Command
		}
	}
	for _, dyno := range dynos {
		row, ok := byType[dyno.Type]
		if !ok {
			row = &typeRow{Type: dyno.Type}
			byType[dyno.Type] = row
		}
		row.Command, row.Size = cmp.Or(row.Command, dyno.Command), cmp.Or(row.Size, dyno.Size)
		row.Dynos = append(row.Dynos, dyno)
	}
	var all []typeRow
	for _, row := range byType {
		all = append(all, *row)
	}
	slices.SortFunc(all, func(a, b typeRow) int {
		return cmp.Or(cmp.Compare(rank(a.Type), rank(b.Type)), cmp.Compare(a.Type, b.Type))
	})
	return all
}

// rank puts web first.
func rank(t dynomad.ProcessType) int {
	if t == dynomad.Web {
		return 0
	}
	return 1
}

func (c *console) scale(w http.ResponseWriter, r *http.Request, v visit) error {
	change := dynomad.Change{Type: dynomad.ProcessType(r.FormValue("type")), Quantity: r.FormValue("quantity")}
	if _, err := c.Platform.Scale(r.Context(), v.Actor, r.PathValue("app"), []dynomad.Change{change}); err != nil {
		return err
	}
	toApp(w, r, r.PathValue("app"))
	return nil
}

func (c *console) restart(w http.ResponseWriter, r *http.Request, v visit) error {
	if err := c.Platform.Restart(r.Context(), v.Actor, r.PathValue("app"), r.FormValue("dyno")); err != nil {
		return err
	}
	toApp(w, r, r.PathValue("app"))
	return nil
}
