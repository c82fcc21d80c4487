package hcl

import (
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dynomad/dynomad"
)

// introduction is the part of the reference that is not made from the schema.
//
//go:embed introduction.md
var introduction string

// said is what the process templates say of each setting: its path, a tab, and the values with the templates that have them.
// A test makes it from the templates.
//
//go:embed said.txt
var said string

// Reference is docs/manifest.md: the language, every setting, and the functions.
func Reference() []byte {
	var b strings.Builder
	b.WriteString(introduction)
	for _, s := range manifestLanguage().fields {
		reference(&b, s, 2)
	}
	b.WriteString("\n## In process templates only\n\nProcess templates, the files in `templates/process` and an operator's own, are written in the same language. They may also say what concerns the cluster:\n")
	for _, s := range templateLanguage().fields {
		if manifestLanguage().find(s.name) == nil {
			reference(&b, s, 3)
		}
	}
	b.WriteString("\n## Functions\n\nNone of them reads a file, the clock or the environment: the same manifest always means the same.\n")
	b.WriteString(functionList("\n### %s\n\n", "- `%s`%s\n"))
	return []byte(b.String())
}

// reference writes a section about a setting and, under it, about what is inside.
func reference(b *strings.Builder, s *setting, level int) {
	fmt.Fprintf(b, "\n%s %s\n\n%s\n", strings.Repeat("#", level), heading(s), s.text)
	if facts := s.facts(); len(facts) > 0 {
		b.WriteByte('\n')
		for _, f := range facts {
			fmt.Fprintf(b, "- %s: %s\n", f[0], f[1])
		}
	}
	if example := s.shown(); example != "" {
		fmt.Fprintf(b, "\n```hcl\n%s\n```\n", example)
	}
	if s.name == "cron" {
		b.WriteString("\nA cron has the settings of a process that fit something which ends by itself: " + shared(s) + ". Besides:\n")
	}
	for _, inner := range s.fields {
		if s.name != "cron" || inner.in != "" {
			reference(b, inner, min(level+1, 5))
		}
	}
}

func shared(s *setting) string {
	var names []string
	for _, f := range s.fields {
		if f.in == "" {
			names = append(names, "`"+f.name+"`")
		}
	}
	return strings.Join(names, ", ")
}

// heading is the setting's name in its place: `check` → `interval`.
func heading(s *setting) string {
	if s.isBlock() && s.kind != kindLocals {
		return "`" + header(s) + "`"
	}
	return "`" + s.name + "`"
}

// facts are what can be said of a setting in a few words.
func (s *setting) facts() [][2]string {
	var out [][2]string
	add := func(name, text string) {
		if text != "" {
			out = append(out, [2]string{name, text})
		}
	}
	if !s.isBlock() && s.kind != kindAnything && s.kind != kindType {
		what := s.wanted()
		if s.unit != "" {
			what += " (" + s.unit + ")"
		}
		add("Value", what)
	}
	if s.label != nil {
		add("Name", s.label.wanted())
	}
	if s.need {
		add("Required", "yes")
	}
	add("Unless said", s.otherwise())
	switch {
	case s.none != "" && s.isBlock():
		add("`"+s.name+" = null`", s.none)
	case s.none != "":
		add("`[]`", s.none)
	}
	if s.kind == kindBlocks && s.label == nil {
		add("Several", "yes")
	}
	if s.nomad != "" {
		add("In Nomad's job", "`"+strings.ReplaceAll(s.nomad, ", ", "`, `")+"`")
	}
	return out
}

// otherwise is what holds where a manifest says nothing.
func (s *setting) otherwise() string {
	for line := range strings.Lines(said) {
		if path, text, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t"); path == s.path {
			if s.unsaid != "" {
				text += "; else " + s.unsaid
			}
			return text
		}
	}
	return s.unsaid
}

// shown is the setting as it would stand in a file.
func (s *setting) shown() string {
	switch {
	case s.kind == kindOverlay || s.kind == kindLocals:
		return s.example
	case s.kind == kindBlock || s.kind == kindBlocks:
		return s.block("")
	case s.path == "variable.type":
		return "type = list(string)"
	}
	return s.name + " = " + s.sample()
}

// block is an example of a block, made of those of its settings.
func (s *setting) block(indent string) string {
	head := s.name
	if s.label != nil {
		head += " " + s.label.sample()
	}
	if s.scope != "" {
		return "" // the introduction shows one
	}
	text := indent + head + " {\n"
	width := 0
	for _, f := range s.fields {
		if !f.isBlock() && f.example != "" {
			width = max(width, len(f.name))
		}
	}
	for _, f := range s.fields {
		if !f.isBlock() && f.example != "" {
			text += fmt.Sprintf("%s  %-*s = %s\n", indent, width, f.name, f.example)
		}
	}
	return text + indent + "}"
}

// describe is a setting in plain text.
func (s *setting) describe() string {
	text := strings.ReplaceAll(s.text, "`", "")
	for _, f := range s.facts() {
		text += "\n" + strings.ReplaceAll(f[0]+": "+f[1], "`", "")
	}
	return text
}

func functionList(group, line string) string {
	by := map[string][]string{"Attempts": {"can(expression): whether it can be computed", "try(expression, …): the first that can be computed"}}
	for _, name := range slices.Sorted(maps.Keys(builtins())) {
		f := builtins()[name]
		by[f.group] = append(by[f.group], f.use)
	}
	var b strings.Builder
	for _, g := range slices.Sorted(maps.Keys(by)) {
		fmt.Fprintf(&b, group, g)
		for _, use := range by[g] {
			call, what, explained := strings.Cut(use, "): ")
			if explained {
				call, what = call+")", ": "+what
			}
			fmt.Fprintf(&b, line, call, what)
		}
	}
	return b.String()
}

// Help is what the reference says of one setting, by its path ("check.interval", "process.check.interval", "cron"), of "functions",
// or for "" of everything in a line each. It is plain text. Where there is no such setting the error says which was meant.
func Help(name string) (string, error) {
	switch name {
	case "":
		return overview(), nil
	case "functions":
		return strings.TrimPrefix(functionList("\n%s\n\n", "  %s%s\n"), "\n"), nil
	}
	var all []string
	for _, language := range []*setting{manifestLanguage(), templateLanguage()} {
		if s := descend(language, strings.Split(name, "."), &all); s != nil {
			return s.help(), nil
		}
	}
	return "", dynomad.Errorf(dynomad.KindNotFound, "there is no setting %q", name).
		WithHint("%s", didYouMean(name, all, "`dynomad hcl docs` lists them all"))
}

// descend finds a setting by its path, in which process may be left out. all gathers what there is.
func descend(of *setting, path []string, all *[]string) *setting {
	var found *setting
	var walk func(s *setting, at string)
	walk = func(s *setting, at string) {
		short := strings.TrimPrefix(at, "process.")
		*all = append(*all, short)
		if want := strings.Join(path, "."); found == nil && (at == want || short == want) {
			found = s
		}
		for _, inner := range s.fields {
			walk(inner, at+"."+inner.name)
		}
	}
	for _, s := range of.fields {
		walk(s, s.name)
	}
	return found
}

func (s *setting) help() string {
	text := s.path + "\n\n" + s.describe() + "\n"
	if example := s.shown(); example != "" {
		text += "\n  " + strings.ReplaceAll(example, "\n", "\n  ") + "\n"
	}
	if len(s.fields) > 0 {
		text += "\nIn it:\n" + lines(s.fields, "  ")
	}
	return text
}

// lines is a line for each setting: its name and the first sentence about it.
func lines(settings []*setting, indent string) string {
	width := 0
	for _, s := range settings {
		width = max(width, len(s.name))
	}
	text := ""
	for _, s := range settings {
		first, _, _ := strings.Cut(strings.ReplaceAll(s.text, "`", ""), ". ")
		text += fmt.Sprintf("%s%-*s  %s\n", indent, width, s.name, strings.TrimSuffix(first, "."))
	}
	return text
}

func overview() string {
	text := ""
	for _, s := range manifestLanguage().fields {
		text += header(s) + "\n" + lines([]*setting{{name: "", doc: s.doc}}, "")
		if s.name != "cron" {
			text += lines(s.fields, "    ")
		} else {
			text += "    as a process, but for what serves requests, and:\n" + lines(slices.DeleteFunc(slices.Clone(s.fields), func(f *setting) bool { return f.in == "" }), "    ")
		}
		text += "\n"
	}
	return text + "`dynomad hcl docs SETTING` says more, for example check.interval; `dynomad hcl docs functions` lists the functions.\n"
}
