package cli

import (
	"hash/fnv"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// style is the number of an SGR sequence.
type style string

// The few styles that we use, all from the sixteen colours that the user has chosen.
const (
	plain  style = ""
	bold   style = "1"
	faint  style = "2"
	red    style = "31"
	green  style = "32"
	yellow style = "33"
)

// states are the colours of a dyno's states.
var states = map[string]style{"up": green, "starting": yellow, "crashed": red, "down": red, "idle": faint}

// hue gives the part of a log line that names its dyno a colour of its own, the same one every time.
func hue(head string) style {
	_, name, _ := strings.Cut(head, " ")
	sum := fnv.New32a()
	_, _ = io.WriteString(sum, name)
	return []style{"36", "33", "32", "35", "34", "96", "93", "92", "95", "94"}[sum.Sum32()%10]
}

// screen is stdout or stderr with the manners of what it is: a terminal or a pipe. Writing to a stream that is gone is
// no error worth telling: there is nobody left to tell.
type screen interface {
	// line prints a line that may hold text of others.
	line(text string)
	// styled prints two pieces with a space between, each in its style.
	styled(s1 style, text1 string, s2 style, text2 string)
	// raw prints a line of text that is clean already.
	raw(text string)
	// clean makes text of others harmless for this screen.
	clean(text string) string
	// progress shows a line that will be replaced, finish replaces it for good.
	progress(text string)
	finish(text string)
	// breakLine ends a progress line that stays as it is.
	breakLine()
	// ask prints a question and stays on its line.
	ask(question string)
}

// newScreen finds out what w is.
func newScreen(w io.Writer, getenv func(string) string) screen {
	file, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) || getenv("TERM") == "dumb" {
		return &pipe{w}
	}
	return &terminal{w: w, colour: getenv("NO_COLOR") == ""}
}

// pipe prints finished lines, byte for byte.
type pipe struct{ w io.Writer }

func (p *pipe) raw(text string)          { _, _ = io.WriteString(p.w, text+"\n") }
func (p *pipe) line(text string)         { p.raw(text) }
func (p *pipe) clean(text string) string { return text }
func (p *pipe) progress(string)          {}
func (p *pipe) finish(text string)       { p.raw(text) }
func (p *pipe) breakLine()               {}
func (p *pipe) ask(question string)      { _, _ = io.WriteString(p.w, question) }

func (p *pipe) styled(_ style, text1 string, _ style, text2 string) { p.raw(text1 + " " + text2) }

// terminal prints for eyes.
type terminal struct {
	w      io.Writer
	colour bool
	moving bool // a progress line stands where the cursor is
}

const eraseLine = "\r\x1b[K"

func (t *terminal) write(text string) { _, _ = io.WriteString(t.w, text) }

func (t *terminal) raw(text string) {
	if t.moving {
		t.breakLine()
	}
	t.write(text + "\n")
}

func (t *terminal) line(text string)         { t.raw(Clean(text)) }
func (t *terminal) clean(text string) string { return Clean(text) }

func (t *terminal) styled(s1 style, text1 string, s2 style, text2 string) {
	t.raw(t.paint(s1, Clean(text1)) + " " + t.paint(s2, Clean(text2)))
}

func (t *terminal) paint(s style, text string) string {
	if !t.colour || s == plain || text == "" {
		return text
	}
	return "\x1b[" + string(s) + "m" + text + "\x1b[0m"
}

func (t *terminal) progress(text string) {
	t.write(eraseLine + Clean(text))
	t.moving = true
}

func (t *terminal) finish(text string) {
	t.write(eraseLine + Clean(text) + "\n")
	t.moving = false
}

func (t *terminal) breakLine() {
	if t.moving {
		t.write("\n")
	}
	t.moving = false
}

func (t *terminal) ask(question string) {
	t.breakLine()
	t.write(Clean(question))
}
