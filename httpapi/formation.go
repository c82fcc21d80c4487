package httpapi

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/google/uuid"
	heroku "github.com/heroku/heroku-go/v6"

	"github.com/dynomad/dynomad"
)

func (a *API) formation(c *call) (any, error) {
	shown, err := a.formations(c)
	if err != nil {
		return nil, err
	}
	return page(c, shown, field[heroku.Formation]{"type", func(f heroku.Formation) string { return f.Type }},
		field[heroku.Formation]{"id", func(f heroku.Formation) string { return f.ID }})
}

func (a *API) formationEntry(c *call) (any, error) { return a.entry(c, c.r.PathValue("formation")) }

// wish is what a request wants of one process type.
type wish struct {
	Type     string   `json:"type"`
	Quantity quantity `json:"quantity"`
	Size     sizeName `json:"size"`
	DynoSize sizeName `json:"dyno_size"`
	Image    string   `json:"docker_image"`
}

// change is the wish in the platform's terms, for a process type that is there.
func (a *API) change(w wish, t string) (dynomad.Change, error) {
	if w.Image != "" {
		return dynomad.Change{}, dynomad.Errorf(dynomad.KindInvalid, "container images cannot be released here").WithHint("release a slug")
	}
	size := string(cmp.Or(w.DynoSize, w.Size))
	for name := range a.Platform.Target.Sizes {
		if size == sizeID(name) {
			size = name
		}
	}
	return dynomad.Change{Type: dynomad.ProcessType(t), Quantity: string(w.Quantity), Size: size}, nil
}

// quantity is a number of dynos as clients write it: 2, "2", "+1" or "-1".
type quantity string

// UnmarshalJSON implements json.Unmarshaler. Only text can be relative: -1 as a number is no quantity.
func (q *quantity) UnmarshalJSON(data []byte) error {
	raw := string(data)
	if raw == "null" {
		return nil
	}
	if strings.HasPrefix(raw, `"`) {
		return json.Unmarshal(data, (*string)(q))
	}
	if strings.Trim(raw, "0123456789") != "" {
		return dynomad.Errorf(dynomad.KindInvalid, "a quantity must be a whole number, not below 0").
			WithHint(`use 2, or "+1" and "-1" as strings`)
	}
	*q = quantity(raw)
	return nil
}

// sizeName is a dyno size as clients write it: "standard-1x", {"name": "standard-1x"} or {"id": "its id"}.
type sizeName string

// UnmarshalJSON implements json.Unmarshaler.
func (s *sizeName) UnmarshalJSON(data []byte) error {
	if !strings.HasPrefix(string(data), "{") {
		return json.Unmarshal(data, (*string)(s))
	}
	var in struct {
		Name string `json:"name"`
		ID   string `json:"id"`
	}
	if err := json.Unmarshal(data, &in); err != nil {
		return err
	}
	if *s = sizeName(cmp.Or(in.Name, in.ID)); *s == "" {
		return missing("dyno_size.name", `{"dyno_size": {"name": "standard-1x"}}`)
	}
	return nil
}

// scale changes several process types at once and answers all of them.
func (a *API) scale(c *call) (any, error) {
	var in struct {
		Updates []wish `json:"updates"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if len(in.Updates) == 0 {
		return nil, missing("updates", `{"updates": [{"type": "web", "quantity": 2}]}`)
	}
	before, err := a.formations(c)
	if err != nil {
		return nil, err
	}
	changes := make([]dynomad.Change, len(in.Updates))
	for i, w := range in.Updates {
		if at := slices.IndexFunc(before, func(f heroku.Formation) bool { return f.ID == w.Type }); at >= 0 {
			w.Type = before[at].Type
		}
		if changes[i], err = a.change(w, w.Type); err != nil {
			return nil, err
		}
	}
	if _, err := a.Platform.Scale(c.ctx(), c.actor, c.app(), changes); err != nil {
		return nil, err
	}
	return a.formations(c)
}

// scaleEntry changes one process type, named in the path by its type or its id.
func (a *API) scaleEntry(c *call) (any, error) {
	var in wish
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	name := c.r.PathValue("formation")
	before, err := a.entry(c, name)
	switch dynomad.KindOf(err) {
	case "":
		name = before.Type
	case dynomad.KindNotFound: // the platform knows why that cannot be scaled
	default:
		return nil, err
	}
	change, err := a.change(in, name)
	if err != nil {
		return nil, err
	}
	if _, err := a.Platform.Scale(c.ctx(), c.actor, c.app(), []dynomad.Change{change}); err != nil {
		return nil, err
	}
	return a.entry(c, name)
}

func (a *API) entry(c *call, ref string) (heroku.Formation, error) {
	all, err := a.formations(c)
	if err != nil {
		return heroku.Formation{}, err
	}
	at := slices.IndexFunc(all, func(f heroku.Formation) bool { return f.ID == ref || f.Type == ref })
	if at < 0 {
		return heroku.Formation{}, dynomad.Errorf(dynomad.KindNotFound, "there is no process type %q in the current release", ref)
	}
	return all[at], nil
}

func (a *API) formations(c *call) ([]heroku.Formation, error) {
	app, formation, processes, err := a.Platform.Formation(c.ctx(), c.actor, c.app())
	if err != nil {
		return nil, err
	}
	shown := make([]heroku.Formation, len(formation))
	for i, e := range formation {
		at := slices.IndexFunc(processes, func(p dynomad.Process) bool { return p.Type == e.Type })
		var process dynomad.Process
		if at >= 0 {
			process = processes[at]
		}
		shown[i] = a.showFormation(app, e, process)
	}
	return shown, nil
}

func (a *API) showFormation(app dynomad.App, e dynomad.FormationEntry, process dynomad.Process) heroku.Formation {
	shown := heroku.Formation{
		ID: e.ID, Type: string(e.Type), Quantity: e.Quantity, Size: a.Platform.SizeOf(e, process), Command: process.Command,
		CreatedAt: e.CreatedAt, UpdatedAt: e.UpdatedAt,
	}
	if process.Settings.Command != nil {
		shown.Command = *process.Settings.Command
	}
	shown.App.ID, shown.App.Name = string(app.ID), string(app.Name)
	shown.DynoSize.ID, shown.DynoSize.Name = sizeID(shown.Size), shown.Size
	return shown
}

// sizeID is the id of a dyno size, which has nothing but a name: the same name has the same id for ever.
func sizeID(name string) string {
	return uuid.NewSHA1(uuid.MustParse(stackID), []byte("dyno-size "+name)).String()
}
