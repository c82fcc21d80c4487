package cli

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/cmd/dynomad/target"
	"github.com/dynomad/dynomad/hcl"
	"github.com/dynomad/dynomad/source"
	"github.com/dynomad/dynomad/translator"
)

// origins answers, for each setting of a job by its path, where its value comes from: the file and line that said it last,
// or in words what no file says. Which setting becomes which field is read from the reference of the settings.
func (t translated) origins(job *api.Job) func(path string) string {
	e := explainer{
		translated: t, job: job,
		becomes:  hcl.Becomes(),
		manifest: hcl.Position(source.Manifest, t.Texts[source.Manifest]),
	}
	for _, file := range slices.Backward(t.Templates) { // the last one that says something wins
		e.templates = append(e.templates, layer{file, hcl.Position(file.File, file.Text)})
	}
	return e.origin
}

type explainer struct {
	translated
	job       *api.Job
	becomes   map[string][][]string
	manifest  func([]string) (int, bool)
	templates []layer
}

type layer struct {
	target.Source
	position func([]string) (int, bool)
}

// said are the fields that no file of settings decides, by the beginning of their path.
var said = []struct{ field, origin string }{
	{"namespace", "--namespace"},
	{"meta", "the app and its release"},
	{"datacenters", "Dynomad: every datacenter"},
	{"service.name", "the app and the process type"},
	{"service.meta", "the app, the process type and its release"},
	{"service.tags", "the app's host names"},
	{"service.canary_tags", "surge: a second set has no route until it takes over"},
	{"task.artifact", "--artifact"},
	{"task.template", "the command, the config vars and process/dyno.sh"},
	{"task.config.image", "--image"},
	{"task.driver", "--driver"},
	{"group.network", "service: it listens"},
}

// origin is where the value at a path of the job comes from.
func (e explainer) origin(path string) string {
	kind, field := e.locate(path)
	if kind == nil { // the job itself
		if line, ok := e.manifest(append([]string{"nomad"}, strings.Split(field, ".")...)); ok {
			return place(source.Manifest, line)
		}
		return e.words(field)
	}
	if name, _ := strings.CutPrefix(field, "task."); kind[1] == sidecar && name != field {
		return e.inTemplates("process", sidecar, strings.Split(name, "."))
	}
	if line, ok := e.manifest(slices.Concat(kind, []string{"nomad"}, strings.Split(strings.TrimPrefix(field, "group."), "."))); ok {
		return place(source.Manifest, line)
	}
	settings := e.becomes[field]
	if strings.HasPrefix(field, sized) {
		settings = append(slices.Clone(settings), e.becomes[sized]...)
	}
	for _, setting := range settings {
		if origin := e.setting(kind, setting); origin != "" {
			return origin
		}
	}
	return e.words(field)
}

// sized is the block of Nomad's that a size decides where no setting decides a field of it.
const sized = "task.resources"

var label = regexp.MustCompile(`\[[^\]]*\]`)

// locate takes a path apart: whose block of the manifest decides it (nil: none), and the field in Nomad's names.
func (e explainer) locate(path string) (kind []string, field string) {
	field = label.ReplaceAllString(path, "")
	rest, ok := strings.CutPrefix(path, "group[")
	if !ok {
		if process, ok := e.cron(); ok && strings.HasPrefix(field, "periodic") {
			return []string{"cron", string(process.Type)}, "job." + field
		}
		return nil, field
	}
	name, rest, _ := strings.Cut(rest, "]")
	for _, inner := range []string{"group.task.", "group.service."} {
		if strings.HasPrefix(field, inner) {
			field = strings.TrimPrefix(field, "group.")
		}
	}
	switch {
	case strings.HasPrefix(rest, ".task["+translator.SidecarTask+"]"):
		return []string{"process", sidecar}, field
	case e.scheduled(name):
		return []string{"cron", name}, field
	}
	return []string{"process", name}, field
}

// sidecar is what the log sidecar's template is called.
const sidecar = "sidecar"

func (e explainer) cron() (dynomad.Process, bool) {
	i := slices.IndexFunc(e.Blueprint.Processes, func(p dynomad.Process) bool {
		return p.Scheduled() && translator.CronJobID(e.Blueprint.App.Name, p.Type) == *e.job.ID
	})
	if i < 0 {
		return dynomad.Process{}, false
	}
	return e.Blueprint.Processes[i], true
}

func (e explainer) process(name string) (dynomad.Process, bool) {
	i := slices.IndexFunc(e.Blueprint.Processes, func(p dynomad.Process) bool { return string(p.Type) == name })
	if i < 0 {
		return dynomad.Process{}, false
	}
	return e.Blueprint.Processes[i], true
}

func (e explainer) scheduled(name string) bool {
	p, ok := e.process(name)
	return ok && p.Scheduled()
}

// setting is where a setting of a process was said, or "".
func (e explainer) setting(kind, setting []string) string {
	if line, ok := e.manifest(slices.Concat(kind, setting)); ok {
		return place(source.Manifest, line)
	}
	p, ok := e.process(kind[1])
	if !ok {
		return ""
	}
	template := translator.TemplateOf(p, e.Target)
	origin := e.inTemplates("process", template, setting)
	if setting[0] == "size" && origin != "" {
		if size := translator.Settings(p, e.Target).Size; size != nil {
			return origin + ", " + e.inTemplates("size", *size, nil)
		}
	}
	return origin
}

// inTemplates is the file and line of a template that says a setting, the operator's before ours; "" where none does.
func (e explainer) inTemplates(block, name string, setting []string) string {
	for _, l := range e.templates {
		if line, ok := l.position(append([]string{block, name}, setting...)); ok {
			return place(l.File, line)
		}
	}
	return ""
}

// words is what there is to say of a field that no file decides.
func (e explainer) words(field string) string {
	for _, s := range said {
		if strings.HasPrefix(field, s.field) {
			return s.origin
		}
	}
	return "Dynomad"
}

func place(file string, line int) string { return fmt.Sprintf("%s:%d", file, line) }
