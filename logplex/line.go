package logplex

import (
	"bytes"
	"strings"
	"time"

	"github.com/dynomad/dynomad/logplex/syslog"
)

// MaxLine bounds a line's text in bytes. What is longer becomes several lines of so many bytes, as on Heroku.
const MaxLine = 10000

// Line is one line of an app's stream.
type Line struct {
	Seq    uint64    // its place in the app's stream, from 1, rising; given by Logplex
	Time   time.Time // UTC, microseconds
	Source string    // "app" for what the app's own programs say, "heroku" for what the platform says
	Dyno   string    // "web.1", "router", "api"
	Text   string    // at most MaxLine bytes, no newline; otherwise whatever bytes came
}

// Append writes the line as people see it, without a newline.
func (l Line) Append(dst []byte) []byte {
	return syslog.Append(dst, l.Time, l.Source, l.Dyno, l.Text)
}

// run is neighbouring lines that share time, source and dyno: what one read of a log file gave. It is stored as it came,
// so that a line costs a scan for its end and nothing else.
type run struct {
	time         time.Time
	source, dyno string
	count        int
	text         []byte // count lines, each with its newline, none longer than MaxLine without it
}

// lines appends the run's lines, the first of which has this number.
func (r run) lines(dst []Line, seq uint64) []Line {
	text := string(r.text)
	for ; text != ""; seq++ {
		line, rest, _ := strings.Cut(text, "\n")
		dst = append(dst, Line{Seq: seq, Time: r.time, Source: r.source, Dyno: r.dyno, Text: line})
		text = rest
	}
	return dst
}

// cutLines makes whole, bounded lines of text and counts them. continued says that the text goes on where an unfinished
// line was stored already: a newline at its start ends that line and makes none of its own. open is true where text ends
// within a line. The result shares text's memory where nothing had to be added.
func cutLines(text []byte, continued bool) (lines []byte, count int, open bool) {
	if continued && len(text) > 0 && text[0] == '\n' {
		text = text[1:]
	}
	for at := 0; at < len(text); count++ {
		end := bytes.IndexByte(text[at:min(len(text), at+MaxLine+1)], '\n')
		if end < 0 {
			rest, n, open := cutLong(text[at:])
			return append(text[:at:at], rest...), count + n, open
		}
		at += end + 1
	}
	return text, count, false
}

// cutLong is cutLines for a text that starts with a line that is too long or unfinished.
func cutLong(text []byte) (lines []byte, count int, open bool) {
	lines = make([]byte, 0, len(text)+len(text)/MaxLine+1)
	for len(text) > 0 {
		piece := text[:min(len(text), MaxLine+1)]
		end := bytes.IndexByte(piece, '\n')
		open = end < 0
		if open {
			end = min(len(text), MaxLine)
		}
		lines = append(append(lines, text[:end]...), '\n')
		count++
		if !open {
			end++
		}
		text = text[end:]
	}
	return lines, count, open
}
