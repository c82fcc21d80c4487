package translator

import (
	"fmt"
	"strings"

	"github.com/hashicorp/nomad/api"
)

// Where a dyno's files stand, from its task's folder.
const (
	initFile    = "local/dyno.sh"
	commandFile = "local/command"
	configPath  = "secrets/config.env" // Nomad's file API refuses secrets/
)

// configFile is https://developer.hashicorp.com/nomad/docs/job-specification/template: the config vars, read from the
// release's variable into the environment. A value is quoted as JSON, which carries newlines and quotes. The variable of a
// release never changes, so nothing has to watch it; and Nomad would restart every dyno at once.
func configFile(p *process) *api.Template {
	path := VariablePath(p.blueprint.App.Name, p.Type, p.blueprint.Release.Version)
	return &api.Template{
		EmbeddedTmpl: new(fmt.Sprintf(`{{ with nomadVar %q }}{{ range .Tuples }}{{ .K }}={{ .V | toJSON }}
{{ end }}{{ end }}
`, path)),
		DestPath:   new(configPath),
		Envvars:    new(true),
		ChangeMode: new(noop),
	}
}

// textFile is a file with exactly this text.
func textFile(path, text string) *api.Template {
	return &api.Template{
		EmbeddedTmpl: new(escapeText(text)),
		DestPath:     new(path),
		ChangeMode:   new(noop),
	}
}

const noop = "noop" // whatever changes, leave the dyno alone

// The template language has one opening word; whoever means it literally prints it.
const (
	opening        = "{{"
	openingEscaped = `{{"{{"}}`
)

func escapeText(text string) string   { return strings.ReplaceAll(text, opening, openingEscaped) }
func unescapeText(text string) string { return strings.ReplaceAll(text, openingEscaped, opening) }
