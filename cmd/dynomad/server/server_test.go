package server

import (
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dynomad/dynomad"
)

// A server that cannot open its data says why, and opens it once that is mended: what was open before is closed again.
func TestOpenSaysWhatIsWrong(t *testing.T) {
	data := t.TempDir()
	agent := filepath.Join(data, "dynomad-agent")
	if err := os.WriteFile(agent, []byte("an agent"), 0o600); err != nil {
		t.Fatal(err)
	}
	right := Cmd{Data: data, URL: "http://a.test", BucketURL: "http://b.test", Driver: "exec", Domain: "localhost", Agent: agent}
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	open := func(c Cmd) error {
		rooms, err := c.open(t.Context(), log)
		if err != nil {
			return err
		}
		return rooms.close()
	}
	if err := open(right); err != nil {
		t.Fatal(err)
	}

	key, away := filepath.Join(data, "keys", "config.key"), filepath.Join(data, "config.key")
	if err := os.Rename(key, away); err != nil {
		t.Fatal(err)
	}
	if err := open(right); err == nil || !strings.Contains(dynomad.HintOf(err), "config.key") {
		t.Errorf("with another key: %v, hint %q", err, dynomad.HintOf(err))
	}
	if err := os.Rename(away, key); err != nil {
		t.Fatal(err)
	}

	wrong := right
	wrong.Agent = filepath.Join(data, "nowhere")
	if err := open(wrong); err == nil || !strings.Contains(dynomad.HintOf(err), "--agent") {
		t.Errorf("without an agent: %v, hint %q", err, dynomad.HintOf(err))
	}
	if err := open(right); err != nil {
		t.Errorf("after all is mended: %v", err)
	}
}
