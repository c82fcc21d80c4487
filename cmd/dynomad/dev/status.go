package dev

import (
	"context"
	"strconv"

	"github.com/dynomad/dynomad/cmd/dynomad/cli"
	"github.com/dynomad/dynomad/internal/devcluster"
)

// StatusCmd shows what runs.
type StatusCmd struct {
	Place `embed:""`
}

// row is one process as it is shown.
type row struct {
	Name    string `json:"name"`
	PID     int    `json:"pid,omitempty"`
	Address string `json:"address"`
	State   string `json:"state"` // "healthy", "not answering", "down"
}

// Run is `dynomad dev status`.
func (c *StatusCmd) Run(ctx context.Context, ui *cli.UI) error {
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
	rows := p.rows(ctx)
	if ui.JSON() {
		return ui.Document(rows)
	}
	table := [][]string{{"PROCESS", "PID", "ADDRESS", "STATE"}}
	for _, r := range rows {
		pid := "-"
		if r.PID != 0 {
			pid = strconv.Itoa(r.PID)
		}
		table = append(table, []string{r.Name, pid, r.Address, r.State})
	}
	ui.Table(table)
	return nil
}

func (p *plane) rows(ctx context.Context) []row {
	var rows []row
	for _, s := range p.services() {
		rows = append(rows, newRow(s.Process, listen(s.port), s.healthy(ctx)))
	}
	for _, m := range p.cluster.Machines() {
		healthy := m.Healthy(ctx)
		rows = append(rows, newRow(m.Consul, m.ConsulAddress(), healthy.Consul), newRow(m.Nomad, m.NomadAddress(), healthy.Nomad))
	}
	return rows
}

func newRow(process *devcluster.Process, address string, healthy bool) row {
	r := row{Name: process.Name, PID: process.PID(), Address: address, State: "not answering"}
	switch {
	case r.PID == 0:
		r.State = "down"
	case healthy:
		r.State = "healthy"
	}
	return r
}
