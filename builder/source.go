package builder

import (
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/source"
)

// read makes a Source of the texts. The problems are those of the archive and of its texts together.
func (a *archive) read() (source.Source, dynomad.Problems) {
	problems := slices.Clone(a.problems)
	if a.sha256 == "" {
		return source.Source{}, problems // no archive: what it lacks would be no news
	}
	files := source.Files(a.texts)
	if !files.Runnable() {
		return source.Source{}, append(problems, a.noProcfile())
	}
	read, more := source.Read(files, nil)
	if read.Postdeploy != "" {
		more = append(more, dynomad.Problem{
			File: source.AppJSON, Message: "scripts.postdeploy is not run by deploys", Hint: "run it once yourself, after the first deploy", Warning: true,
		})
	}
	return read, append(problems, more...)
}

// noProcfile looks for what people do instead of putting a Procfile into the root.
func (a *archive) noProcfile() dynomad.Problem {
	problem := dynomad.Problem{
		Message: "there is no Procfile in the root of the archive",
		Hint:    "it says what to run, for example: web: ./server",
	}
	for _, name := range slices.Sorted(maps.Keys(a.entries)) {
		switch {
		case strings.EqualFold(name, source.Procfile):
			problem.Hint = "rename " + name + " to Procfile"
			return problem
		case path.Base(name) == source.Procfile && strings.Count(name, "/") == 1:
			problem.Hint = "it is in " + path.Dir(name) + "/: make the archive with `tar -czf source.tar.gz -C " + path.Dir(name) + " .`"
			return problem
		}
	}
	return problem
}
