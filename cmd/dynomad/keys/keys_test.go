package keys_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/cmd/dynomad/keys"
)

func TestKeysAreMadeOnceAndKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	first, err := keys.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	again, err := keys.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first.Config, again.Config) || !bytes.Equal(first.URL, again.URL) || first.Machine != again.Machine {
		t.Error("the second start has other keys than the first")
	}
	if bytes.Equal(first.Config, first.URL) {
		t.Error("two purposes share a key")
	}
	url, err := keys.URL(filepath.Join(dir, "url.key"))
	if err != nil || !bytes.Equal(url, first.URL) {
		t.Errorf("the bucket would read another key: %v", err)
	}
	machine, err := keys.Machine(filepath.Join(dir, "machine.token"))
	if err != nil || machine != first.Machine {
		t.Errorf("the router would read another token: %v", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 3 {
		t.Errorf("the folder has %d files: %v", len(entries), err)
	}
	for _, entry := range entries {
		if info, err := entry.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", entry.Name(), info.Mode(), err)
		}
	}
}

func TestADamagedKeyIsNeverReplaced(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "config.key")
	if err := os.WriteFile(path, []byte("short\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := keys.Load(dir); dynomad.KindOf(err) != dynomad.KindInvalid || dynomad.HintOf(err) == "" {
		t.Errorf("%v", err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "short\n" {
		t.Errorf("the damaged key was overwritten: %q, %v", text, err)
	}
}
