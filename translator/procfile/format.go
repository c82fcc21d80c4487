package procfile

import "strings"

// Format writes entries as a Procfile that Parse reads back as the same, apart from their lines. It writes only what a line
// of a Procfile can say: ask Writable first.
func Format(entries []Entry) []byte {
	var b strings.Builder
	for _, e := range entries {
		b.WriteString(string(e.Type))
		b.WriteString(": ")
		b.WriteString(e.Command)
		b.WriteByte('\n')
	}
	return []byte(b.String())
}

// Writable says whether a line of a Procfile can say e: its type is one, and its command is neither more than a line nor
// empty, with no space at its ends.
func (e Entry) Writable() bool {
	name := string(e.Type)
	return sound(name+":", len(name)) && e.Command != "" && strings.Trim(e.Command, blank) == e.Command &&
		!strings.Contains(e.Command, "\n") && unfit(e.Command) < 0
}
