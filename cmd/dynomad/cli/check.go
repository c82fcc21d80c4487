package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/builder"
	"github.com/dynomad/dynomad/translator/procfile"
)

// readSource reads the Procfile and the manifest in dir as a build does, and finds everything wrong in both.
func readSource(dir string) ([]dynomad.Process, dynomad.Problems, error) {
	text, err := os.ReadFile(filepath.Join(dir, procfile.Name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, dynomad.Errorf(dynomad.KindInvalid, "there is no Procfile in %s", dir).
			WithHint("it says what to run, for example: web: ./server")
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read the Procfile: %w", err)
	}
	manifest, err := os.ReadFile(filepath.Join(dir, builder.ManifestName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("read the manifest: %w", err)
	}
	processes, problems := builder.Read(text, manifest)
	return processes, problems, nil
}

// warn prints the warnings among problems.
func warn(ui *UI, problems dynomad.Problems) {
	for _, p := range problems.Warnings() {
		p.Warning = false // the UI says so already
		ui.Warn("%s", p)
	}
}

// leftOut warns of programs that the Procfile runs and that are in the directory, but not among the files to ship:
// most often git ignores them, because a build made them.
func leftOut(processes []dynomad.Process, s source) []string {
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
