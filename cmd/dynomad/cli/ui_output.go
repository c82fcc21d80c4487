package cli

import "strings"

// Output prints a line that a process has printed on this machine. Its head, which names the process, has a colour that
// goes by n, so that neighbours differ.
func (ui *UI) Output(n int, head, text string) { ui.stdout.styled(neighbour(n), head, plain, text) }

// Remark says something about such a process on the side.
func (ui *UI) Remark(n int, head, text string) { ui.stderr.styled(neighbour(n), head, faint, text) }

// neighbour is the colour of the n-th of several.
func neighbour(n int) style {
	hues := []style{"36", "33", "32", "35", "34", "96", "93", "92", "95", "94"}
	return hues[n%len(hues)]
}

// Difference prints a text's difference from another, as `diff -u` writes it.
func (ui *UI) Difference(unified string) {
	t, coloured := ui.stdout.(*terminal)
	for line := range strings.Lines(unified) {
		line = strings.TrimSuffix(line, "\n")
		if !coloured {
			ui.stdout.line(line)
			continue
		}
		t.raw(t.paint(map[byte]style{'+': green, '-': red, '@': faint}[(line + " ")[0]], Clean(line)))
	}
}
