package adopt

import (
	"math"
	"reflect"
	"slices"
	"strings"

	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/translator"
)

// A process's settings are found by trying: whatever makes the overlay shorter that is left over is said as a setting. A guess
// that is wrong costs nothing, because the overlay then says the rest; so nothing here has to be known for certain.

// draft is one way to say a group, and what is left over for its overlay.
type draft struct {
	process dynomad.Process
	overlay []byte
	cost    int
}

// process says a group as a process type; false if it cannot be one, which is then a problem.
func (a *adoption) process(group *api.TaskGroup) (dynomad.Process, bool) {
	main := group.Tasks[0]
	best := draft{cost: math.MaxInt}
	var last dynomad.Problems
	for _, program := range a.programs(main) {
		p := a.start(group)
		program(&p)
		d, problems := a.try(p, group)
		if d.cost < best.cost {
			best = d
		}
		last = problems
	}
	if best.cost == math.MaxInt {
		a.problems = append(a.problems, last...)
		return dynomad.Process{}, false
	}
	for _, guess := range a.guesses(group, main) {
		p := best.process
		guess(&p.Settings)
		if d, _ := a.try(p, group); d.cost < best.cost {
			best = d
		}
	}
	best = a.slim(best, group)
	best.process.Settings.Nomad = best.overlay
	return best.process, true
}

// slim leaves out every setting that its template says anyway.
func (a *adoption) slim(best draft, group *api.TaskGroup) draft {
	leaveOut := func(field func(*dynomad.Settings) reflect.Value) {
		p := best.process
		p.Settings = copied(p.Settings)
		at := field(&p.Settings)
		if !at.IsValid() || at.IsZero() {
			return
		}
		at.SetZero()
		if d, _ := a.try(p, group); d.cost <= best.cost {
			best = d
		}
	}
	settings := reflect.TypeFor[dynomad.Settings]()
	for i := range settings.NumField() {
		if slices.Contains([]string{"Quantity", "Schedule", "TimeZone", "Overlap"}, settings.Field(i).Name) {
			continue // they are not the group's
		}
		leaveOut(func(s *dynomad.Settings) reflect.Value { return reflect.ValueOf(s).Elem().Field(i) })
		block := settings.Field(i).Type
		if block.Kind() != reflect.Pointer || block.Elem().Kind() != reflect.Struct {
			continue
		}
		for j := range block.Elem().NumField() {
			leaveOut(func(s *dynomad.Settings) reflect.Value {
				if at := reflect.ValueOf(s).Elem().Field(i); !at.IsNil() {
					return at.Elem().Field(j)
				}
				return reflect.Value{}
			})
		}
	}
	if template := translator.Settings(dynomad.Process{Type: best.process.Type}, a.target); template.Quantity != nil && reflect.DeepEqual(template.Quantity, best.process.Settings.Quantity) {
		best.process.Settings.Quantity = nil
	}
	return best
}

// copied is a copy whose blocks are its own.
func copied(s dynomad.Settings) dynomad.Settings {
	v := reflect.ValueOf(&s).Elem()
	for i := range v.NumField() {
		if at := v.Field(i); at.Kind() == reflect.Pointer && !at.IsNil() && at.Elem().Kind() == reflect.Struct {
			block := reflect.New(at.Type().Elem())
			block.Elem().Set(at.Elem())
			at.Set(block)
		}
	}
	return s
}

// start is a process that says as little as it can.
func (a *adoption) start(group *api.TaskGroup) dynomad.Process {
	p := dynomad.Process{Type: a.typeOf(group)}
	words := wordsOf(group.Tasks[0])
	if len(words) == 0 {
		words = []string{group.Tasks[0].Driver} // some program there has to be; the overlay says what
	}
	p.Settings.Exec = words
	if periodic := a.want.Periodic; periodic != nil {
		p.Settings.Schedule = slices.Clone(periodic.Specs)
		p.Settings.Overlap = new(periodic.ProhibitOverlap == nil || !*periodic.ProhibitOverlap)
		if zone := periodic.TimeZone; zone != nil && *zone != "" && *zone != "UTC" {
			p.Settings.TimeZone = zone
		}
		return p
	}
	p.Settings.Quantity = group.Count
	p.Settings.Service, p.Settings.Routes = new(false), []dynomad.Route{}
	if template, ok := a.target.Templates[string(p.Type)]; !ok || template.Service == nil || !*template.Service {
		p.Settings.Service, p.Settings.Routes = nil, nil
	}
	return p
}

// try translates a process and compares.
func (a *adoption) try(p dynomad.Process, group *api.TaskGroup) (draft, dynomad.Problems) {
	bundle, problems := a.translate(p)
	if problems.Err() != nil {
		return draft{cost: math.MaxInt}, problems
	}
	base, err := plain(bundle.Jobs[0])
	if err != nil {
		return draft{cost: math.MaxInt}, dynomad.Problems{{Message: err.Error()}}
	}
	overlay := a.difference(base.TaskGroups[0], group)
	return draft{p, overlay, len(overlay)}, nil
}

// programs are the ways to say what a task runs.
func (a *adoption) programs(main *api.Task) []func(*dynomad.Process) {
	var out []func(*dynomad.Process)
	add := func(say func(*dynomad.Process)) { out = append(out, say) }
	shell := func(command string) {
		add(func(p *dynomad.Process) { p.Settings.Exec, p.Command = nil, command })
	}
	words := wordsOf(main)
	if command, ours := fileOf(main, "local/command"); ours {
		shell(command)
	}
	if len(words) == 3 && strings.HasSuffix(words[0], "sh") && words[1] == "-c" {
		shell(words[2])
	}
	add(func(*dynomad.Process) {})
	image, _ := main.Config["image"].(string)
	if main.Driver != "docker" || a.target.Driver != "docker" || image == "" {
		return out
	}
	for _, say := range slices.Clone(out) {
		add(func(p *dynomad.Process) {
			say(p)
			p.Settings.Image = &image
		})
	}
	add(func(p *dynomad.Process) { p.Settings.Exec, p.Settings.Image = []string{}, &image })
	return out
}

// wordsOf are the program of a task and its arguments; none where it does not name a program. Where the client fills in one of
// the arguments, exec cannot say them, and the overlay has to.
func wordsOf(task *api.Task) []string {
	command, _ := task.Config["command"].(string)
	if command == "" {
		return nil
	}
	out := []string{literal.Replace(command)}
	args, _ := task.Config["args"].([]any)
	for _, arg := range args {
		word, _ := arg.(string)
		if bare := strings.NewReplacer("$${", "", "%%{", "").Replace(word); strings.Contains(bare, "${") || strings.Contains(bare, "%{") {
			return out[:1]
		}
		out = append(out, literal.Replace(word))
	}
	return out
}

// literal undoes the escapes that keep a driver from reading what is in a text.
var literal = strings.NewReplacer("$${", "${", "%%{", "%{")

// fileOf is the text of a template file of ours.
func fileOf(task *api.Task, path string) (string, bool) {
	for _, file := range task.Templates {
		if *file.DestPath == path {
			return strings.ReplaceAll(*file.EmbeddedTmpl, `{{"{{"}}`, "{{"), true
		}
	}
	return "", false
}
