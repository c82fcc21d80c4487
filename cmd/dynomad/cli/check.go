package cli

import (
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/source"
)

// readSource reads what the source in dir says about itself as a build does. Warnings have been printed; the error is everything
// that is wrong in it.
func readSource(ui *UI, dir string) ([]dynomad.Process, error) {
	files, err := readFiles(dir)
	if err != nil {
		return nil, err
	}
	read, problems := source.Read(files, nil)
	return read.Processes, ui.Tell(files, problems)
}

// leftOut warns of programs that processes run and that are in the directory, but not among the files to ship:
// most often git ignores them, because a build made them.
func leftOut(processes []dynomad.Process, s parcel) []string {
	var warnings []string
	for _, p := range processes {
		words := strings.Fields(strings.TrimPrefix(p.Command, "exec "))
		if len(words) == 0 || !strings.Contains(words[0], "/") {
			continue
		}
		program := path.Clean(words[0])
		if !filepath.IsLocal(program) || slices.Contains(s.files, program) {
			continue
		}
		if exists(filepath.Join(s.dir, program)) {
			warnings = append(warnings, fmt.Sprintf("%s runs %s, which git ignores, so it is left out; --all ships it", p.Type, program))
		}
	}
	return warnings
}
