package templates

import (
	"embed"
	"io/fs"
)

//go:embed process
var process embed.FS

// Process is what every dyno starts from: one file for each kind of process type, the sizes, what isolates a dyno, and the
// shell text that it starts under. They are written in the schema of an app's dynomad.hcl.
func Process() fs.FS {
	sub, err := fs.Sub(process, "process")
	if err != nil {
		panic("templates: " + err.Error()) // the folder is embedded above
	}
	return sub
}
