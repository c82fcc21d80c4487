package devcluster

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/google/uuid"

	"github.com/dynomad/dynomad"
)

const tokensFile = "tokens.json"

// Tokens are the secrets of a cluster. They are made once, before anything starts, and kept in the cluster's folder,
// readable by its owner only: a start that is cut short at any moment goes on with the same ones.
type Tokens struct {
	ConsulManagement string            `json:"consul_management"`
	ConsulAgents     map[string]string `json:"consul_agents"` // by machine: what its agent may say of itself
	ConsulNomad      string            `json:"consul_nomad"`  // the Nomad clients'
	ConsulServer     string            `json:"consul_server"` // dynomad server's
	ConsulRouter     string            `json:"consul_router"` // dynomad router's
	NomadManagement  string            `json:"nomad_management"`
	NomadServer      string            `json:"nomad_server"` // dynomad server's; "" until Nomad has made it
}

// loadTokens reads a folder's tokens, or makes them.
func loadTokens(dir string) (Tokens, error) {
	data, err := os.ReadFile(filepath.Join(dir, tokensFile))
	if errors.Is(err, fs.ErrNotExist) {
		t := newTokens()
		return t, t.save(dir)
	}
	if err != nil {
		return Tokens{}, dynomad.Errorf(dynomad.KindInternal, "reading the cluster's tokens: %w", err)
	}
	var t Tokens
	if err := json.Unmarshal(data, &t); err != nil {
		return Tokens{}, dynomad.Errorf(dynomad.KindInternal, "reading %s: %w", filepath.Join(dir, tokensFile), err).
			WithHint("`dynomad dev reset` starts afresh")
	}
	return t, nil
}

func newTokens() Tokens {
	t := Tokens{
		ConsulManagement: uuid.NewString(),
		ConsulAgents:     map[string]string{"server": uuid.NewString()},
		ConsulNomad:      uuid.NewString(),
		ConsulServer:     uuid.NewString(),
		ConsulRouter:     uuid.NewString(),
		NomadManagement:  uuid.NewString(),
	}
	for i := range clients {
		t.ConsulAgents[clientName(i)] = uuid.NewString()
	}
	return t
}

func (t Tokens) save(dir string) error {
	data, err := json.MarshalIndent(t, "", "  ")
	if err != nil {
		return err
	}
	return WriteSecret(filepath.Join(dir, tokensFile), append(data, '\n'))
}

// WriteSecret puts data into a file that only its owner can read, whole or not at all.
func WriteSecret(path string, data []byte) error {
	next := path + ".next"
	if err := os.WriteFile(next, data, 0o600); err != nil {
		return dynomad.Errorf(dynomad.KindInternal, "writing %s: %w", path, err)
	}
	if err := os.Rename(next, path); err != nil {
		return dynomad.Errorf(dynomad.KindInternal, "writing %s: %w", path, err)
	}
	return nil
}
