package source

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/source/tree"
)

// appJSON is what an app.json says that we heed.
type appJSON struct {
	formation  map[dynomad.ProcessType]dynomad.Settings // quantity and size
	places     map[dynomad.ProcessType]tree.Node        // of formation
	env        map[string]string
	postdeploy string
}

// settings are what it says of a process type.
func (a appJSON) settings(t dynomad.ProcessType) dynomad.Settings {
	s := a.formation[t]
	s.Env = a.env
	return s
}

// strangers warns of process types of which it speaks and nobody else.
func (a appJSON) strangers(processes []dynomad.Process) dynomad.Problems {
	known := make(map[dynomad.ProcessType]bool, len(processes))
	for _, p := range processes {
		known[p.Type] = true
	}
	var problems dynomad.Problems
	for t, place := range a.places {
		if !known[t] {
			problems = append(problems, place.Warn(fmt.Sprintf("the app has no process type %q", string(t)), "correct the name, or remove it"))
		}
	}
	return inOrder(problems)
}

// sayings are the keys that tell people and other programs of the app. Nothing is lost where nobody reads them.
var sayings = []string{"name", "description", "keywords", "website", "repository", "logo", "success_url", "$schema"}

// instead is what to do about keys that have no effect here.
var instead = map[string]string{
	"addons":       "set what they would give the app as config vars: `dynomad config:set NAME=VALUE`",
	"buildpacks":   "deploy the source with everything built in it",
	"stack":        "the operator of the platform decides what dynos run in",
	"image":        "an `image` in a process of dynomad.hcl runs in place of the source",
	"environments": "what it says of review and test apps has no place here",
	"cron":         `write it into dynomad.hcl: cron "NAME" { schedule = ["…"] command = "…" }`,
	"healthchecks": `write it into dynomad.hcl: process "web" { check { … } }`,
}

func readAppJSON(src []byte) (appJSON, dynomad.Problems) {
	var a appJSON
	if src == nil {
		return a, nil
	}
	root, problems := tree.JSON(AppJSON, src)
	if problems.Err() != nil {
		return a, problems
	}
	if root.Kind != tree.Map {
		return a, append(problems, root.Fail("it is a "+string(root.Kind), "write an object: { … }"))
	}
	r := &fileReader{problems: problems}
	var said []string
	var first tree.Node
	for _, p := range root.Pairs {
		switch key := p.Key.Text; {
		case key == "formation":
			a.formation, a.places = r.formation(p.Value)
		case key == "env":
			a.env = r.env(p.Value)
		case key == "scripts":
			a.postdeploy = r.scripts(p.Value)
		case slices.Contains(sayings, key):
			if said = append(said, key); len(said) == 1 {
				first = p.Key
			}
		default:
			r.unread(p.Key, key, instead[key])
		}
	}
	if len(said) > 0 {
		r.warn(first, strings.Join(said, ", ")+" change nothing", "they tell people about the app, and may stay")
	}
	return a, inOrder(r.problems)
}

// inOrder sorts problems of one file by their lines.
func inOrder(problems dynomad.Problems) dynomad.Problems {
	slices.SortStableFunc(problems, func(a, b dynomad.Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return problems
}

// fileReader reads Heroku's files and keeps every problem.
type fileReader struct{ problems dynomad.Problems }

// unread warns of a key that has no effect.
func (r *fileReader) unread(at tree.Node, what, hint string) {
	if hint == "" {
		hint = "remove it, if nobody else reads it"
	}
	r.problems = append(r.problems, at.Warn(what+" is not read", hint))
}

func (r *fileReader) fail(at tree.Node, message, hint string) {
	r.problems = append(r.problems, at.Fail(message, hint))
}

func (r *fileReader) warn(at tree.Node, message, hint string) {
	r.problems = append(r.problems, at.Warn(message, hint))
}

// mapping are the pairs of a value that has to be a mapping; null stands for an empty one.
func (r *fileReader) mapping(name string, n tree.Node) []tree.Pair {
	if n.Kind != tree.Map && n.Kind != tree.Null {
		r.fail(n, name+" is a "+string(n.Kind), "write names and values")
	}
	return n.Pairs
}

func (r *fileReader) formation(n tree.Node) (map[dynomad.ProcessType]dynomad.Settings, map[dynomad.ProcessType]tree.Node) {
	all, places := map[dynomad.ProcessType]dynomad.Settings{}, map[dynomad.ProcessType]tree.Node{}
	for _, p := range r.mapping("formation", n) {
		var s dynomad.Settings
		for _, q := range r.mapping("formation."+p.Key.Text, p.Value) {
			switch q.Key.Text {
			case "quantity":
				s.Quantity = r.quantity(q.Value)
			case "size":
				s.Size = r.size(q.Value)
			default:
				r.unread(q.Key, "formation."+p.Key.Text+"."+q.Key.Text, "")
			}
		}
		t := dynomad.ProcessType(p.Key.Text)
		all[t], places[t] = s, p.Key
	}
	return all, places
}

func (r *fileReader) quantity(n tree.Node) *int {
	count, err := strconv.Atoi(n.Text)
	if n.Kind != tree.Number || err != nil || count < 0 || count > dynomad.MaxQuantity {
		r.fail(n, "quantity has to be a number of dynos from 0 to "+strconv.Itoa(dynomad.MaxQuantity), "write it without quotes")
		return nil
	}
	return &count
}

// retired are sizes that Heroku's files still name, and what came in their place.
var retired = map[string]string{
	"free": "eco", "hobby": "basic", "1x": "standard-1x", "2x": "standard-2x", "px": "performance-l", "performance": "performance-m",
}

func (r *fileReader) size(n tree.Node) *string {
	if n.Kind != tree.Text || n.Text == "" {
		r.fail(n, "size has to be the name of a dyno size", `write for example "standard-1x"`)
		return nil
	}
	size := strings.ToLower(n.Text)
	if successor, old := retired[size]; old {
		r.warn(n, fmt.Sprintf("the size %q is taken as %q, which came in its place", n.Text, successor), "write that")
		size = successor
	}
	return &size
}

func (r *fileReader) env(n tree.Node) map[string]string {
	var env map[string]string
	for _, p := range r.mapping("env", n) {
		name := p.Key.Text
		if err := dynomad.ValidConfigName(name); err != nil {
			r.warn(p.Key, err.Error()+", so it is not set", dynomad.HintOf(err)) // HEROKU_APP_NAME stands in many an app.json
			continue
		}
		value, ok := r.envValue(p.Key, p.Value)
		if !ok {
			continue
		}
		if env == nil {
			env = map[string]string{}
		}
		env[name] = value
	}
	return env
}

// envValue is what a variable is set to; false where app.json does not say.
func (r *fileReader) envValue(name, n tree.Node) (string, bool) {
	if n.Scalar() {
		return n.Text, true
	}
	given, value := false, ""
	for _, p := range r.mapping("env."+name.Text, n) {
		switch p.Key.Text {
		case "value":
			if given = p.Value.Scalar(); given {
				value = p.Value.Text
			} else if p.Value.Kind != tree.Null {
				r.fail(p.Value, "env."+name.Text+".value is a "+string(p.Value.Kind), "write a text in quotes")
			}
		case "description", "required", "generator":
		default:
			r.unread(p.Key, "env."+name.Text+"."+p.Key.Text, "")
		}
	}
	if value := n.Get("value").Kind; n.Kind == tree.Map && (value == tree.Absent || value == tree.Null) {
		r.missing(name, n)
	}
	return value, given
}

// missing warns of a variable that app.json wants and does not set. Heroku takes one for required unless told otherwise.
func (r *fileReader) missing(name, n tree.Node) {
	command := "`dynomad config:set " + name.Text + "=…`"
	switch {
	case n.Get("generator").Kind != tree.Absent:
		r.warn(name, "the value of "+name.Text+" is not generated", "set it once: `dynomad config:set "+name.Text+"=$(openssl rand -hex 32)`")
	case n.Get("required").Text != "false":
		r.warn(name, "the app requires the config var "+name.Text, "if it is not set yet: "+command)
	}
}

func (r *fileReader) scripts(n tree.Node) string {
	command := ""
	for _, p := range r.mapping("scripts", n) {
		switch {
		case p.Key.Text != "postdeploy":
			r.unread(p.Key, "scripts."+p.Key.Text, "")
		case p.Value.Kind == tree.Text:
			command = p.Value.Text
		case p.Value.Kind == tree.Map && p.Value.Get("command").Kind == tree.Text: // an older form
			command = p.Value.Get("command").Text
		default:
			r.fail(p.Value, "scripts.postdeploy is a "+string(p.Value.Kind), "write the command as a text in quotes")
		}
	}
	return command
}
