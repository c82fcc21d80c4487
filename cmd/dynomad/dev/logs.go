package dev

import (
	"bytes"
	"context"
	"io"
	"os"
	"strings"
	"time"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/cmd/dynomad/cli"
	"github.com/dynomad/dynomad/internal/devcluster"
)

// LogsCmd shows what the processes print.
type LogsCmd struct {
	Place   `embed:""`
	Process string `arg:"" optional:"" help:"Only this process, such as server or nomad-client-1; \"dynomad dev status\" lists them."`
	Lines   int    `short:"n" default:"20" help:"How many lines of each process to begin with."`
	Tail    bool   `short:"t" help:"Go on with what comes, until Ctrl-C."`
}

// Run is `dynomad dev logs`.
func (c *LogsCmd) Run(ctx context.Context, ui *cli.UI) error {
	dir, err := c.dir()
	if err != nil {
		return err
	}
	cluster, err := open(dir)
	if err != nil {
		return err
	}
	p, err := newPlane(cluster)
	if err != nil {
		return err
	}
	var chosen []*reader
	for _, process := range p.processes() {
		if c.Process == "" || c.Process == process.Name {
			chosen = append(chosen, &reader{process: process})
		}
	}
	if len(chosen) == 0 {
		return dynomad.Errorf(dynomad.KindNotFound, "there is no process %q", c.Process).WithHint("`dynomad dev status` lists them")
	}
	for _, r := range chosen {
		r.begin(ui, c.Lines)
	}
	for c.Tail {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
		for _, r := range chosen {
			r.more(ui)
		}
	}
	return nil
}

// reader follows one process's log file.
type reader struct {
	process *devcluster.Process
	offset  int64
	partial []byte // a line that has not ended
}

// begin prints the last lines and remembers where they end.
func (r *reader) begin(ui *cli.UI, lines int) {
	info, err := os.Stat(r.process.LogPath())
	if err != nil {
		return // it has never run
	}
	r.offset = info.Size()
	for _, line := range r.process.LastLines(lines) {
		r.print(ui, line)
	}
}

// more prints what has been written since. A file that has become shorter is a new one.
func (r *reader) more(ui *cli.UI) {
	file, err := os.Open(r.process.LogPath())
	if err != nil {
		return
	}
	defer func() { _ = file.Close() }()
	if info, err := file.Stat(); err == nil && info.Size() < r.offset {
		r.offset, r.partial = 0, nil
	}
	data, err := io.ReadAll(io.NewSectionReader(file, r.offset, 1<<20))
	if err != nil {
		return
	}
	r.offset += int64(len(data))
	data = append(r.partial, data...)
	end := bytes.LastIndexByte(data, '\n')
	r.partial = bytes.Clone(data[end+1:])
	for line := range strings.Lines(string(data[:end+1])) {
		r.print(ui, strings.TrimSuffix(line, "\n"))
	}
}

func (r *reader) print(ui *cli.UI, line string) {
	ui.Line("%s | %s", r.process.Name, strings.TrimSpace(line))
}
