package server

import (
	"archive/tar"
	"bytes"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/bucket"
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

// TestAgentForContainersIsAnArchive: Nomad makes a fetched program executable for exec and raw_exec only.
func TestAgentForContainersIsAnArchive(t *testing.T) {
	data := t.TempDir()
	agent := filepath.Join(data, "dynomad-agent")
	if err := os.WriteFile(agent, []byte("an agent"), 0o600); err != nil {
		t.Fatal(err)
	}
	stored := func(driver string) []byte {
		blobs, err := bucket.Open(t.Context(), filepath.Join(data, "bucket"))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = blobs.Close() }()
		c := Cmd{Driver: driver, Agent: agent}
		sum, err := c.storeAgent(t.Context(), blobs)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := c.storeAgent(t.Context(), blobs); err != nil || again != sum {
			t.Errorf("%s: a second start stores %s after %s: %v", driver, again, sum, err)
		}
		found, err := os.ReadFile(filepath.Join(data, "bucket", "agents", sum))
		if err != nil || hash(found) != sum {
			t.Errorf("%s: %v", driver, err)
		}
		return found
	}
	if got := stored("exec"); string(got) != "an agent" {
		t.Errorf("for exec it is %q", got)
	}
	archive := tar.NewReader(bytes.NewReader(stored("docker")))
	header, err := archive.Next()
	if err != nil || header.Name != "dynomad-agent" || header.Mode != 0o755 {
		t.Fatalf("for docker it holds %+v: %v", header, err)
	}
	if program, err := io.ReadAll(archive); err != nil || string(program) != "an agent" {
		t.Errorf("for docker it holds %q: %v", program, err)
	}
}

// TestTemplatesOfTheOperator: his folder and the flag speak louder than what is built in.
func TestTemplatesOfTheOperator(t *testing.T) {
	folder := t.TempDir()
	text := "docker {\n  image = \"registry.example.com/stack:7\"\n}\n"
	if err := os.WriteFile(filepath.Join(folder, "docker.hcl"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, c := range map[string]Cmd{
		"registry.example.com/stack:7": {Templates: folder},
		"mine:1":                       {Templates: folder, Stack: "mine:1"},
	} {
		c.Driver, c.Domain = "docker", "localhost"
		goal, err := c.templates()
		if err != nil || goal.Docker.Image != want || goal.Docker.User == "" {
			t.Errorf("%+v: %v", goal.Docker, err)
		}
	}
	c := Cmd{Driver: "docker", Templates: filepath.Join(folder, "absent")}
	if _, err := c.templates(); dynomad.KindOf(err) != dynomad.KindInvalid || !strings.Contains(dynomad.HintOf(err), "--templates") {
		t.Errorf("without the folder: %v", err)
	}
}
