// Package adopt makes a Procfile and a dynomad.hcl of what runs elsewhere: of a docker-compose.yml (Compose), of a fly.toml (Fly),
// of Heroku's own files (Heroku), and of a Nomad job (Job).
//
// What has a counterpart is taken over. What has none is named, with its line and what to do instead: each key is either in the
// files or in the problems. What comes out reads back without an error.
package adopt

import (
	"bytes"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/hcl"
	"github.com/dynomad/dynomad/source"
	"github.com/dynomad/dynomad/source/tree"
	"github.com/dynomad/dynomad/translator"
)

// Files are what an app's source is given.
type Files struct {
	Procfile []byte // nil: there is none
	Manifest []byte // dynomad.hcl
}

// importer reads a file of another platform and keeps every problem.
type importer struct {
	file      string
	processes []dynomad.Process
	problems  dynomad.Problems
}

func (i *importer) fail(at tree.Node, message, hint string) {
	i.problems = append(i.problems, at.Fail(message, hint))
}

func (i *importer) warn(at tree.Node, message, hint string) {
	i.problems = append(i.problems, at.Warn(message, hint))
}

// taken is what reads the keys of a table that are taken over, by name.
type taken map[string]func(key, value tree.Node)

// table hands each key of a table to what reads it. Any other is named in a warning, with what to do instead. of says whose it is.
func (i *importer) table(of string, n tree.Node, take taken, instead map[string]string) {
	if n.Kind != tree.Map && n.Kind != tree.Null && n.Kind != tree.Absent {
		i.warn(n, of+" is a "+string(n.Kind)+", which is not read", "write names and values")
	}
	for _, p := range n.Pairs {
		name := p.Key.Text
		if read := take[name]; read != nil {
			if p.Value.Kind != tree.Null {
				read(p.Key, p.Value)
			}
			continue
		}
		if strings.HasPrefix(name, "x-") { // nobody's, by agreement
			continue
		}
		hint := instead[name]
		if hint == "" {
			hint = "what Nomad has for it can stand in a nomad block of the process"
		}
		i.warn(p.Key, of+": "+name+" is not taken over", hint)
	}
}

// finish writes the files, and reads them back as a deploy will.
func (i *importer) finish(header string) (Files, dynomad.Problems) {
	if len(i.processes) == 0 && i.problems.Err() == nil {
		i.problems = append(i.problems, dynomad.Problem{
			File: i.file, Message: "it has nothing that can be run here", Hint: "see the warnings, or begin with `dynomad init` alone",
		})
	}
	if i.problems.Err() != nil {
		return Files{}, inOrder(i.problems)
	}
	files := write(header, i.processes)
	texts := source.Files{source.Manifest: files.Manifest}
	if files.Procfile != nil {
		texts[source.Procfile] = files.Procfile
	}
	_, problems := source.Read(texts, nil)
	for _, p := range problems {
		if !p.Warning {
			p.File, p.Message = i.file, "what was made of it is not right: "+p.String()
			p.Line, p.Column = 0, 0
			i.problems = append(i.problems, p)
		}
	}
	return files, inOrder(i.problems)
}

func inOrder(problems dynomad.Problems) dynomad.Problems {
	slices.SortStableFunc(problems, func(a, b dynomad.Problem) int { return a.Line - b.Line })
	return problems
}

// write puts commands into a Procfile, as far as a line of it can say them, and everything else into a manifest.
func write(header string, processes []dynomad.Process) Files {
	manifest := dynomad.Manifest{Processes: map[dynomad.ProcessType]dynomad.Settings{}}
	var files Files
	for _, p := range processes {
		line := fmt.Sprintf("%s: %s\n", p.Type, p.Command)
		switch {
		case p.Command == "":
		case inProcfile(p, line):
			files.Procfile = append(files.Procfile, line...)
		default:
			p.Settings.Command = new(p.Command)
		}
		if !reflect.ValueOf(p.Settings).IsZero() { // else the line of the Procfile says all
			manifest.Processes[p.Type] = p.Settings
		}
	}
	files.Manifest = append([]byte("# "+header+"\n\n"), bytes.TrimLeft(hcl.FormatManifest(manifest), "\n")...)
	return files
}

// typeName makes a process type of a name that others allow, and warns where that is another.
func (i *importer) typeName(at tree.Node, name string) dynomad.ProcessType {
	out := strings.Trim(strings.NewReplacer(".", "-", "_", "-").Replace(strings.ToLower(name)), "-")
	if len(out) > longestType {
		out = strings.Trim(out[:longestType], "-")
	}
	if out == string(dynomad.ReleasePhase) { // it would be run once and not go on
		out += "-service"
	}
	if !typeRight.MatchString(out) {
		i.fail(at, fmt.Sprintf("%q cannot be made a process type", name), "use letters, digits and dashes")
	} else if out != name {
		i.warn(at, fmt.Sprintf("%s becomes the process type %s", name, out), "whoever speaks of it by name has to be told")
	}
	for _, p := range i.processes {
		if string(p.Type) == out {
			i.fail(at, fmt.Sprintf("two become the process type %s", out), "give one of them another name")
		}
	}
	return dynomad.ProcessType(out)
}

const longestType = 63

var typeRight = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`)

// route decides which process gets the app's requests: the one called web, else the only one that listens, which is called so
// then. at says where in the file each listens.
func (i *importer) route(at map[dynomad.ProcessType]tree.Node) {
	web := slices.IndexFunc(i.processes, func(p dynomad.Process) bool { return p.Type == dynomad.Web })
	for n := range i.processes {
		p := &i.processes[n]
		where, listens := at[p.Type]
		if !listens || n == web {
			continue
		}
		if web < 0 && len(at) == 1 {
			i.warn(where, fmt.Sprintf("%s listens, and becomes the process type web, which gets the app's requests", p.Type),
				"whoever speaks of it by name has to be told")
			p.Type = dynomad.Web
			continue
		}
		i.warn(where, fmt.Sprintf("%s listens, but gets none of the app's requests", p.Type),
			fmt.Sprintf("if it should: process %q { route \"/PATH\" {} }; other processes find it in Consul as APP-%s", string(p.Type), p.Type))
	}
}

// env takes over an environment variable.
func (i *importer) env(at tree.Node, into map[string]string, name, value string) {
	if name == "PORT" {
		i.warn(at, "PORT is not taken over", "the platform sets it; a process that listens elsewhere says port = N")
		return
	}
	if err := dynomad.ValidConfigName(name); err != nil {
		i.warn(at, err.Error()+", so it is not taken over", dynomad.HintOf(err))
		return
	}
	into[name] = value
}

// configVar says that a variable has to be set as a config var.
func (i *importer) configVar(at tree.Node, name string) {
	i.warn(at, name+" has no value here", "set it as a config var: `dynomad config:set "+name+"=…`")
}

// number is a whole number from least to most.
func (i *importer) number(n tree.Node, what string, least, most int) *int {
	count, err := strconv.Atoi(n.Text)
	if err != nil || count < least || count > most {
		i.warn(n, fmt.Sprintf("%s is %q, which is not taken over", what, n.Text), fmt.Sprintf("write a whole number from %d to %d", least, most))
		return nil
	}
	return &count
}

// duration is a time: "1m30s", or a bare number of a unit.
func (i *importer) duration(n tree.Node, what string, unit time.Duration) *time.Duration {
	if count, err := strconv.Atoi(n.Text); err == nil && count >= 0 && unit > 0 && time.Duration(count) <= 24*time.Hour/unit {
		return new(time.Duration(count) * unit)
	}
	d, err := time.ParseDuration(n.Text)
	if err != nil || d < 0 {
		i.warn(n, fmt.Sprintf("%s is %q, which is not taken over", what, n.Text), `write a time such as "1m30s"`)
		return nil
	}
	return &d
}

var amount = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?)\s*([kmgt]?)i?b?$`)

// memory is a number of MiB out of "512m", "1.5gb", or a bare number of a unit.
func (i *importer) memory(n tree.Node, what string, unit float64) *int {
	parts := amount.FindStringSubmatch(strings.ToLower(n.Text))
	if parts != nil {
		count, _ := strconv.ParseFloat(parts[1], 64)
		switch parts[2] {
		case "":
			if strings.HasSuffix(n.Text, "b") || strings.HasSuffix(n.Text, "B") {
				unit = 1
			}
		default:
			unit = map[string]float64{"k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}[parts[2]]
		}
		if mebibytes := int(count * unit / (1 << 20)); mebibytes > 0 && mebibytes < 1<<31 {
			return &mebibytes
		}
	}
	i.warn(n, fmt.Sprintf("%s is %q, which is not taken over", what, n.Text), `write a size such as "512M"`)
	return nil
}

var signalName = regexp.MustCompile(`^(?:SIG)?([A-Z]+[0-9]?)$`)

// signal is the name of a signal with its SIG.
func (i *importer) signal(n tree.Node) *string {
	parts := signalName.FindStringSubmatch(strings.ToUpper(n.Text))
	if parts == nil {
		i.warn(n, fmt.Sprintf("the signal %q is not taken over", n.Text), "write its name, such as SIGINT")
		return nil
	}
	return new("SIG" + parts[1])
}

// mount takes over a volume, which the operator has to make.
func (i *importer) mount(at tree.Node, s *dynomad.Settings, v dynomad.Volume) {
	same := func(other dynomad.Volume) bool { return other.Name == v.Name || *other.Destination == *v.Destination }
	if !translator.ValidVolume(v.Name) || !strings.HasPrefix(*v.Destination, "/") || *v.Destination == "/" || slices.ContainsFunc(s.Volumes, same) {
		i.warn(at, fmt.Sprintf("the volume %q at %q is not taken over", v.Name, *v.Destination),
			"a volume has a name of letters, digits, dashes and underscores, and a path of its own; each is mounted once")
		return
	}
	s.Volumes = append(s.Volumes, v)
	i.warn(at, "the volume "+v.Name+" has to be there on the cluster",
		"the operator gives machines a host volume of the name and allows it, or say type = \"csi\"")
}
