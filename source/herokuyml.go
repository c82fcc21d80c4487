package source

import (
	"fmt"
	"strings"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/source/tree"
	"github.com/dynomad/dynomad/translator/procfile"
)

// readHerokuYML makes entries of what a heroku.yml runs.
func readHerokuYML(src []byte) ([]procfile.Entry, dynomad.Problems) {
	if src == nil {
		return nil, nil
	}
	root, problems := tree.YAML(HerokuYML, src)
	if problems.Err() != nil {
		return nil, problems
	}
	r := &fileReader{problems: problems}
	var entries []procfile.Entry
	for _, p := range r.mapping("heroku.yml", root) {
		switch p.Key.Text {
		case "run":
			for _, q := range r.mapping("run", p.Value) {
				entries = r.entry(entries, q.Key.Text, q.Key, q.Value)
			}
		case "release":
			entries = r.entry(entries, string(dynomad.ReleasePhase), p.Key, p.Value)
		case "build":
			r.unread(p.Key, "build", "no image is built here: deploy the source with everything built in it, or name an image in dynomad.hcl")
		case "setup":
			r.unread(p.Key, "setup", "set what it says as config vars: `dynomad config:set NAME=VALUE`")
		default:
			r.unread(p.Key, p.Key.Text, "")
		}
	}
	if len(entries) == 0 && r.problems.Err() == nil {
		r.warn(tree.Node{File: HerokuYML}, "it has no run, so it says nothing of what to run", "write run: with a line such as web: ./server under it")
	}
	return entries, inOrder(r.problems)
}

// entry adds what a process type of run, or release, says.
func (r *fileReader) entry(entries []procfile.Entry, name string, key, value tree.Node) []procfile.Entry {
	command := value
	if value.Kind == tree.Map {
		command = r.details(name, value)
	}
	if command.Kind == tree.List {
		if len(command.Items) != 1 {
			r.fail(command, fmt.Sprintf("the command of %s is a list of %d", name, len(command.Items)),
				"write it as one text, as for a shell; steps one after the other are joined by &&")
			return entries
		}
		command = command.Items[0]
	}
	if !command.Scalar() {
		r.fail(key, name+" has no command", "write it after the colon: "+name+": ./server")
		return entries
	}
	e := procfile.Entry{Type: dynomad.ProcessType(name), Command: strings.TrimSpace(command.Text), Line: key.Line}
	for _, other := range entries {
		if other.Type == e.Type { // release, in run and beside it
			r.fail(key, name+" is there twice", "remove one of them")
			return entries
		}
	}
	if strings.Contains(e.Command, "\n") {
		if named := (procfile.Entry{Type: e.Type, Command: "x"}); named.Writable() {
			return append(entries, e)
		}
	} else if e.Writable() {
		return append(entries, e)
	}
	r.fail(key, fmt.Sprintf("%q cannot be a process type with that command", name),
		"use small letters, digits and dashes for its name, at most 63, with a letter or digit at both ends, and give it a command")
	return entries
}

// details is the command out of the longer form of an entry.
func (r *fileReader) details(name string, n tree.Node) tree.Node {
	for _, p := range n.Pairs {
		switch p.Key.Text {
		case "command":
		case "image":
			r.unread(p.Key, "the image of "+name, "it names what build makes, and no image is built here; name one that exists in dynomad.hcl")
		default:
			r.unread(p.Key, name+"."+p.Key.Text, "")
		}
	}
	return n.Get("command")
}
