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
	return read, slices.Concat(problems, more, notRun(read))
}

// notRun are warnings of commands that a source has and that no deploy runs.
func notRun(s source.Source) dynomad.Problems {
	var out dynomad.Problems
	warn := func(file, message, hint string) {
		out = append(out, dynomad.Problem{File: file, Message: message, Hint: hint, Warning: true})
	}
	if s.Postdeploy != "" {
		warn(source.AppJSON, "scripts.postdeploy is not run by deploys", "run it once yourself, after the first deploy")
	}
	if slices.ContainsFunc(s.Processes, func(p dynomad.Process) bool { return p.Type == dynomad.ReleasePhase }) {
		warn("", "the release phase is not run by deploys yet", "`dynomad translate --job all` shows its job, which `nomad job run` takes")
	}
	return out
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
