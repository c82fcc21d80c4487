package adopt

import (
	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/source"
)

// Heroku writes down what a heroku.yml and an app.json say. Dynomad reads both where they are; whoever leaves Heroku for good
// may want them said once, and in one place. A Procfile that is there is needed to read them, and stays as it is.
func Heroku(files source.Files) (Files, dynomad.Problems) {
	read, problems := source.Read(files, nil)
	if problems.Err() != nil {
		return Files{}, problems
	}
	made := write("Made of Heroku's files. What had no counterpart was named when it was made.", read.Processes)
	if _, there := files[source.Procfile]; there {
		made.Procfile = nil
	}
	if read.Postdeploy != "" {
		problems = append(problems, dynomad.Problem{
			File: source.AppJSON, Message: "scripts.postdeploy is not taken over", Hint: "run it once yourself, after the first deploy", Warning: true,
		})
	}
	return made, problems
}
