package builder

import (
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/hcl"
	"github.com/dynomad/dynomad/translator"
	"github.com/dynomad/dynomad/translator/procfile"
)

// ManifestName is the app manifest, which an app may do without.
const ManifestName = "dynomad.hcl"

// read makes processes of the Procfile and the manifest. The problems are those of archive, Procfile and manifest together.
func (a *archive) read() ([]dynomad.Process, dynomad.Problems) {
	problems := slices.Clone(a.problems)
	if a.sha256 == "" {
		return nil, problems // no archive: what it lacks would be no news
	}
	text, ok := a.texts[procfile.Name]
	if !ok {
		return nil, append(problems, a.noProcfile())
	}
	processes, more := Read(text, a.texts[ManifestName])
	return processes, append(problems, more...)
}

// Read makes processes of the texts of a Procfile and of a manifest (empty: there is none), and finds everything wrong in
// both. Whoever looks at a source before it is uploaded calls it too, so that both say the same.
func Read(proc, manifest []byte) ([]dynomad.Process, dynomad.Problems) {
	entries, problems := procfile.Parse(proc)
	settings, more := hcl.Manifest(ManifestName, manifest)
	problems = append(problems, more...)
	if problems.Err() != nil {
		return nil, problems // what is joined of halves would only bring up problems that are none
	}
	processes, more := translator.Processes(entries, settings)
	return processes, append(problems, more...)
}

// noProcfile looks for what people do instead of putting a Procfile into the root.
func (a *archive) noProcfile() dynomad.Problem {
	problem := dynomad.Problem{
		Message: "there is no Procfile in the root of the archive",
		Hint:    "it says what to run, for example: web: ./server",
	}
	for _, name := range slices.Sorted(maps.Keys(a.entries)) {
		switch {
		case strings.EqualFold(name, procfile.Name):
			problem.Hint = "rename " + name + " to Procfile"
			return problem
		case path.Base(name) == procfile.Name && strings.Count(name, "/") == 1:
			problem.Hint = "it is in " + path.Dir(name) + "/: make the archive with `tar -czf source.tar.gz -C " + path.Dir(name) + " .`"
			return problem
		}
	}
	return problem
}
