package agent

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/dynomad/dynomad/logplex/frame"
)

// positions is how far each source is acknowledged, by "TASK.STREAM".
type positions map[string]frame.Position

// checkpoint is the file. It names its allocation, because Nomad can copy a task's local directory into the next one.
type checkpoint struct {
	Alloc     string    `json:"alloc"`
	Positions positions `json:"positions"`
}

// loadPositions reads a checkpoint; none where there is no file or it is another allocation's.
func loadPositions(path, alloc string) (positions, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var c checkpoint
	if err := json.Unmarshal(b, &c); err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	if c.Alloc != alloc {
		return nil, nil
	}
	return c.Positions, nil
}

// save replaces the checkpoint in one step.
func (p positions) save(path, alloc string) error {
	b, err := json.Marshal(checkpoint{alloc, p})
	if err != nil {
		return err
	}
	if err := os.WriteFile(path+".new", b, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}
