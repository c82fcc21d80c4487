package adopt

import (
	"bytes"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/hcl"
	"github.com/dynomad/dynomad/translator"
	"github.com/dynomad/dynomad/translator/procfile"
)

// files are the adopted app as the two files of its source.
func (a *adoption) files() Files {
	manifest := dynomad.Manifest{Processes: map[dynomad.ProcessType]dynomad.Settings{}, Domains: a.domains, Nomad: a.overlay}
	var lines bytes.Buffer
	for _, p := range a.processes {
		if line := fmt.Sprintf("%s: %s\n", p.Type, p.Command); p.Command != "" && !p.Scheduled() && inProcfile(p, line) {
			lines.WriteString(line)
		} else if p.Command != "" {
			p.Settings.Command = new(p.Command)
		}
		manifest.Processes[p.Type] = p.Settings
	}
	return Files{Procfile: lines.Bytes(), Manifest: append(a.header(), hcl.FormatManifest(manifest)...)}
}

// inProcfile says whether a line of a Procfile says exactly a process's command.
func inProcfile(p dynomad.Process, line string) bool {
	entries, problems := procfile.Parse([]byte(line))
	return problems == nil && len(entries) == 1 && entries[0].Type == p.Type && entries[0].Command == p.Command
}

// header says what the app needs that its files cannot say.
func (a *adoption) header() []byte {
	var out bytes.Buffer
	say := func(format string, args ...any) { fmt.Fprintf(&out, "# "+format+"\n", args...) }
	say("Adopted from the Nomad job %s. Its translation for the driver %s is that job again, but for the names that Dynomad gives:", *a.want.ID, a.target.Driver)
	say("that of each group's main task, and the meta app and release. `dynomad plan` shows it.")
	if needs := a.needs(); len(needs) > 0 {
		out.WriteString("#\n")
		say("The nomad blocks need what only the operator may allow, in templates/process/allow.hcl:")
		say("")
		say("  allow {")
		for _, need := range needs {
			say("    %s", need)
		}
		say("  }")
	}
	if len(a.configs) > 0 {
		out.WriteString("#\n")
		say("These are config vars, which no job holds; set them with `dynomad config:set`:")
		for _, path := range slices.Sorted(maps.Values(a.configs)) {
			say("  nomad var get %s", path)
		}
	}
	out.WriteString("\n")
	return bytes.ReplaceAll(out.Bytes(), []byte("# \n"), []byte("#\n"))
}

var allowance = regexp.MustCompile(`allow \{ (\w+) = (?:\["([^"]*)"\]|true) \}`)

// needs is what the operator does not allow yet: the problems without it say so.
func (a *adoption) needs() []string {
	t := a.target
	t.Allow = a.allow
	_, problems := translator.Translate(a.blueprint(a.processes...), t)
	lists := map[string][]string{}
	for _, p := range problems {
		if found := allowance.FindStringSubmatch(p.Hint); found != nil {
			lists[found[1]] = append(lists[found[1]], found[2])
		}
	}
	var out []string
	for _, name := range slices.Sorted(maps.Keys(lists)) {
		names := slices.Sorted(slices.Values(lists[name]))
		value := `["` + strings.Join(slices.Compact(names), `", "`) + `"]`
		if names[0] == "" {
			value = "true"
		}
		out = append(out, name+" = "+value)
	}
	return out
}
