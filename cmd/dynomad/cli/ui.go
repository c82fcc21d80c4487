package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/dynomad/dynomad"
)

// The rules of what is printed:
//
//  1. Data, which is what was asked for, goes to stdout. Progress, warnings, prompts and errors go to stderr.
//  2. A terminal gets colours and a line that moves while something is under way; a pipe gets the same words as plain,
//     finished lines. Each of the two streams is judged by itself.
//  3. With --json, stdout carries one JSON document, or for a stream one object a line, and nothing else.
//  4. NO_COLOR (set to anything) and TERM=dumb switch colours off, the latter also movement.
//  5. Text that comes from dynos, from other users or from a server is hostile: on a terminal its control sequences are
//     made visible, all but those that set colours. A pipe gets every byte as it is.
//  6. Words, not codes: what happens is told in the present tense with its result behind it, `Creating hello... done`.
//     An error is one sentence that says what is wrong, and a hint that says what to do.

// UI is the one way in which commands print.
type UI struct {
	stdout, stderr screen
	json           bool
}

// NewUI prints to out and err, each with the manners of what it is.
func NewUI(out, err io.Writer, getenv func(string) string) *UI {
	return &UI{stdout: newScreen(out, getenv), stderr: newScreen(err, getenv)}
}

// JSON says whether data is wanted as JSON.
func (ui *UI) JSON() bool { return ui.json }

// Document prints v as indented JSON.
func (ui *UI) Document(v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("print as JSON: %w", err)
	}
	ui.stdout.raw(string(text))
	return nil
}

// Object prints v as JSON on a line of its own.
func (ui *UI) Object(v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("print as JSON: %w", err)
	}
	ui.stdout.raw(string(text))
	return nil
}

// Line prints a line of data.
func (ui *UI) Line(format string, args ...any) { ui.stdout.line(fmt.Sprintf(format, args...)) }

// Heading prints "=== text".
func (ui *UI) Heading(format string, args ...any) {
	ui.stdout.styled(faint, "===", bold, fmt.Sprintf(format, args...))
}

// State prints a line that begins with what is in a state, coloured by it.
func (ui *UI) State(state, head, rest string) {
	ui.stdout.styled(states[state], head, plain, rest)
}

// Pairs prints names and values, one pair a line, the values under each other.
func (ui *UI) Pairs(pairs [][2]string) {
	width := 0
	for _, pair := range pairs {
		width = max(width, utf8.RuneCountInString(pair[0]))
	}
	for _, pair := range pairs {
		ui.stdout.styled(plain, pair[0]+":"+strings.Repeat(" ", width-utf8.RuneCountInString(pair[0])), plain, pair[1])
	}
}

// Table prints rows with their cells under each other, two spaces apart.
func (ui *UI) Table(rows [][]string) {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(ui.stdout.clean(cell)))
		}
	}
	for _, row := range rows {
		var b strings.Builder
		for i, cell := range row {
			cell = ui.stdout.clean(cell)
			b.WriteString(cell)
			b.WriteString(strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)+2))
		}
		ui.stdout.raw(strings.TrimRight(b.String(), " "))
	}
}

// Log prints one line of an app's log, the part before the text coloured by its dyno.
func (ui *UI) Log(line string) {
	head, text, ok := strings.Cut(line, "]: ")
	if !ok {
		ui.stdout.line(line)
		return
	}
	ui.stdout.styled(hue(head), head+"]:", plain, text)
}

// Note says something on the side.
func (ui *UI) Note(format string, args ...any) { ui.stderr.line(fmt.Sprintf(format, args...)) }

// Warn says that something may not be as expected.
func (ui *UI) Warn(format string, args ...any) {
	ui.stderr.styled(yellow, "warning:", plain, fmt.Sprintf(format, args...))
}

// Tell prints the warnings among problems, with what texts say at their places, and is the error that the others are.
func (ui *UI) Tell(texts map[string][]byte, problems dynomad.Problems) error {
	for _, p := range problems.Warnings() {
		p.Warning = false // Warn says so already
		ui.Warn("%s", p.In(texts))
	}
	return problems.ErrIn(texts)
}

// Ask prints a question without ending its line.
func (ui *UI) Ask(question string) { ui.stderr.ask(question) }

// Step begins to tell of something that takes a while. It must be ended by Done or by a Fail of the UI.
func (ui *UI) Step(format string, args ...any) *Step {
	s := &Step{screen: ui.stderr, text: fmt.Sprintf(format, args...) + "..."}
	s.screen.progress(s.text)
	return s
}

// Interrupted ends the line that Ctrl-C has broken.
func (ui *UI) Interrupted() { ui.stderr.breakLine() }

// Fail prints an error and its hint.
func (ui *UI) Fail(err error) {
	hint := dynomad.HintOf(err)
	if _, ok := errors.AsType[*usageError](err); ok {
		hint = "`dynomad --help` lists the commands, `dynomad COMMAND --help` its flags"
	}
	for i, line := range strings.Split(err.Error(), "\n") {
		if i == 0 {
			ui.stderr.styled(red, "dynomad:", plain, line)
			continue
		}
		ui.stderr.line("  " + line)
	}
	if hint != "" {
		ui.stderr.styled(faint, "   hint:", plain, hint)
	}
}

// Step is something under way.
type Step struct {
	screen screen
	text   string
}

// Update shows how far it is, on a terminal only.
func (s *Step) Update(format string, args ...any) {
	s.screen.progress(s.text + " " + fmt.Sprintf(format, args...))
}

// Done ends it with its result: "done", or a few words.
func (s *Step) Done(format string, args ...any) {
	s.screen.finish(s.text + " " + fmt.Sprintf(format, args...))
}
