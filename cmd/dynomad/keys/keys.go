// Package keys keeps the secrets that Dynomad's own processes share, each in a file of mode 0600, made at first use.
//
// They are the only things that must be backed up together with the store: without config.key no config value can be
// read, and without url.key the slug URLs in running jobs stop working.
package keys

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/dynomad/dynomad"
)

const (
	size = 32 // bytes of each key

	configFile  = "config.key"
	urlFile     = "url.key"
	machineFile = "machine.token"
)

// Keys are the secrets of one installation.
type Keys struct {
	Config  []byte                // seals config values in the store
	URL     dynomad.CapabilityKey // signs capability URLs
	Machine string                // the token by which the router is known to the server
}

// Load reads the keys of a folder and makes those that are missing.
func Load(dir string) (Keys, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return Keys{}, dynomad.Errorf(dynomad.KindInternal, "making the folder of keys: %w", err)
	}
	config, err := key(filepath.Join(dir, configFile))
	if err != nil {
		return Keys{}, err
	}
	url, err := key(filepath.Join(dir, urlFile))
	if err != nil {
		return Keys{}, err
	}
	machine, err := key(filepath.Join(dir, machineFile))
	if err != nil {
		return Keys{}, err
	}
	return Keys{Config: config, URL: url, Machine: hex.EncodeToString(machine)}, nil
}

// URL reads the key that signs URLs from its file, which the server has made.
func URL(path string) (dynomad.CapabilityKey, error) { return read(path) }

// Machine reads the machine token from its file, which the server has made.
func Machine(path string) (string, error) {
	secret, err := read(path)
	return hex.EncodeToString(secret), err
}

// key reads a key, or makes it. The file appears whole or not at all, and never replaces one that is there.
func key(path string) ([]byte, error) {
	secret, err := read(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return secret, err
	}
	fresh := make([]byte, size)
	_, _ = rand.Read(fresh) // never fails: see crypto/rand
	temporary := path + ".new"
	if err := os.WriteFile(temporary, []byte(hex.EncodeToString(fresh)+"\n"), 0o600); err != nil {
		return nil, dynomad.Errorf(dynomad.KindInternal, "writing a key: %w", err)
	}
	defer func() { _ = os.Remove(temporary) }()
	if err := os.Link(temporary, path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, dynomad.Errorf(dynomad.KindInternal, "writing a key: %w", err)
	}
	return read(path)
}

func read(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, dynomad.Errorf(dynomad.KindInvalid, "reading a key: %w", err).
			WithHint("`dynomad server` makes its keys at its first start, in DATA/keys")
	}
	secret, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(secret) != size {
		return nil, dynomad.Errorf(dynomad.KindInvalid, "%s does not hold a key of %d hex digits", path, 2*size).
			WithHint("put it back from your backup; a new key cannot open what the old one sealed")
	}
	return secret, nil
}
