package logplex

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/logplex/frame"
)

// placedLine is a line with its position in its origin's own numbering.
type placedLine struct {
	Line
	position int64
}

// appendLines stores those lines that lie behind what their origin has stored. Positions rise. An empty origin stores all.
func (l *Logplex) appendLines(app dynomad.AppID, origin string, lines []placedLine) error {
	s, err := l.stream(app)
	if err != nil {
		return err
	}
	_, err = s.append(origin, func(had mark) (batch, bool) {
		// A mark is behind what it covers: position 7 stored is offset 8.
		news := lines
		if origin != "" {
			news = slices.DeleteFunc(slices.Clone(lines), func(p placedLine) bool { return p.position < had.at.Offset })
		}
		if len(news) == 0 {
			return batch{}, false
		}
		b := batch{mark: mark{at: frame.Position{Offset: news[len(news)-1].position + 1}}}
		for _, p := range news {
			b.runs = addLine(b.runs, p.Line)
		}
		return b, true
	})
	return err
}

// addLine adds a line to runs, to the last of them where it fits.
func addLine(runs []run, line Line) []run {
	text, count, _ := cutLines([]byte(strings.TrimSuffix(line.Text, "\n")+"\n"), false)
	line.Time = line.Time.UTC().Truncate(time.Microsecond)
	if n := len(runs); n > 0 {
		last := &runs[n-1]
		if last.time.Equal(line.Time) && last.source == line.Source && last.dyno == line.Dyno {
			last.text = append(last.text, text...)
			last.count += count
			return runs
		}
	}
	return append(runs, run{line.Time, line.Source, line.Dyno, count, text})
}

// appendChunk stores what a chunk of a dyno's output brings beyond what is stored, and tells how far its source is stored now.
func (l *Logplex) appendChunk(app dynomad.AppID, dyno string, c frame.Chunk) (frame.Position, error) {
	s, err := l.stream(app)
	if err != nil {
		return frame.Position{}, err
	}
	origin := c.Alloc + "/" + c.Task + "/" + c.Stream
	stored, err := s.append(origin, func(had mark) (batch, bool) {
		news := c.After(had.at)
		if news.Start == news.End {
			return batch{}, false
		}
		if news.Lost > 0 {
			return batch{mark: mark{at: news.End}, runs: []run{lossRun(dyno, news)}}, true
		}
		text, count, open := cutLines(news.Bytes, had.open && had.at == news.Start)
		b := batch{mark: mark{at: news.End, open: open}}
		if count > 0 {
			b.runs = []run{{news.Time, "app", dyno, count, text}}
		}
		return b, true
	})
	return stored.at, err
}

// lossRun is the L12 line for bytes that were deleted before the agent could read them.
func lossRun(dyno string, c frame.Chunk) run {
	text := fmt.Sprintf("Error L12 (local buffer overflow): about %d bytes of %s's %s dropped before %s\n",
		c.Lost, dyno, c.Stream, c.Time.Format(time.RFC3339))
	return run{c.Time, "heroku", "logplex", 1, []byte(text)}
}
