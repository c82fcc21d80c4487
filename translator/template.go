package translator

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/hashicorp/nomad/api"
	"golang.org/x/text/unicode/norm"
)

// Where a dyno's files stand, from its task's folder.
const (
	localDir    = "local/"
	initFile    = "dyno.sh"
	commandFile = "command"
	checkFile   = "check"
	configPath  = "secrets/config.env" // Nomad's file API refuses secrets/
)

// configFile is https://developer.hashicorp.com/nomad/docs/job-specification/template: the config vars, read from the
// release's variable into the environment. A value is quoted as JSON, which carries newlines and quotes. The variable of a
// release never changes, so nothing has to watch it; and Nomad would restart every dyno at once.
func configFile(p *process) *api.Template {
	return &api.Template{
		EmbeddedTmpl: new(fmt.Sprintf(`{{ with nomadVar %q }}{{ range .Tuples }}{{ .K }}={{ .V | toJSON }}
{{ end }}{{ end }}
`, p.variable())),
		DestPath:   new(configPath),
		Envvars:    new(true),
		ChangeMode: new(noop),
	}
}

// variable is the path of the variable that a process reads.
func (p *process) variable() string { return variablePath(p.Job, p.Group, p.blueprint.Release.Version) }

// textFile is a file with exactly this text.
func textFile(path, text string) *api.Template {
	return &api.Template{
		EmbeddedTmpl: new(escapeText(text)),
		DestPath:     new(path),
		ChangeMode:   new(noop),
	}
}

const noop = "noop" // whatever changes, leave the dyno alone

// The template language has one opening word; whoever means it literally prints it. And whoever reads a job as HCL composes
// its letters: an e and an accent become one. What would change is printed by its number, so that a text stays the same, byte
// for byte, on that way too.
const (
	opening        = "{{"
	openingEscaped = `{{"{{"}}`
)

func escapeText(text string) string {
	text = strings.ReplaceAll(text, opening, openingEscaped)
	if norm.NFC.IsNormalString(text) {
		return text
	}
	var out strings.Builder
	for _, r := range text {
		if letter := string(r); norm.NFC.PropertiesString(letter).BoundaryBefore() && norm.NFC.IsNormalString(letter) {
			out.WriteRune(r)
		} else {
			fmt.Fprintf(&out, `{{"\U%08x"}}`, r)
		}
	}
	return out.String()
}

var escaped = regexp.MustCompile(`\{\{"(\{\{|\\U[0-9a-f]{8})"\}\}`)

func unescapeText(text string) string {
	return escaped.ReplaceAllStringFunc(text, func(found string) string {
		if found == openingEscaped {
			return opening
		}
		letter, _ := strconv.Unquote(found[len(opening) : len(found)-len("}}")])
		return letter
	})
}
