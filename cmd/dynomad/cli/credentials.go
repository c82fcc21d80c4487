package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/dynomad/dynomad"
)

// DefaultHost is the control plane that `dynomad dev up` starts.
const DefaultHost = "http://127.0.0.1:5000"

// credentials is what ~/.config/dynomad/credentials.json holds.
type credentials struct {
	Current string             `json:"current"` // the host that commands talk to unless DYNOMAD_HOST says otherwise
	Hosts   map[string]account `json:"hosts"`
}

// account is who we are at one host.
type account struct {
	Email string `json:"email"`
	Token string `json:"token"`
}

// SaveCredentials remembers the token for host, a base URL, as the one to use from now on. The file is readable only by
// its owner.
func SaveCredentials(host, email, token string) error {
	base, err := ParseHost(host)
	if err != nil {
		return err
	}
	path := credentialsPath(os.Getenv)
	c, err := readCredentials(path)
	if err != nil {
		return err
	}
	c.Current = base
	c.Hosts[base] = account{Email: email, Token: token}
	return c.write(path)
}

// ParseHost checks a control plane's address and returns it as a base URL without a slash at its end. A bare name gets
// https, a bare address of this machine http.
func ParseHost(host string) (string, error) {
	if !strings.Contains(host, "://") {
		name, _, _ := strings.Cut(host, ":")
		scheme := "https://"
		if loopback(name) {
			scheme = "http://"
		}
		host = scheme + host
	}
	u, err := url.Parse(host)
	web := err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https")
	if !web || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", dynomad.Errorf(dynomad.KindInvalid, "%q is not the address of a control plane", host).
			WithHint("it looks like %s", DefaultHost)
	}
	return strings.TrimRight(u.String(), "/"), nil
}

// loopback says whether a host name surely means this machine.
func loopback(name string) bool {
	return name == "localhost" || strings.HasSuffix(name, ".localhost") || strings.HasPrefix(name, "127.") ||
		name == "[::1]" || name == "::1"
}

// credentialsPath is where the file is, by the XDG convention.
func credentialsPath(getenv func(string) string) string {
	dir := getenv("XDG_CONFIG_HOME")
	if dir == "" {
		dir = filepath.Join(getenv("HOME"), ".config")
	}
	return filepath.Join(dir, "dynomad", "credentials.json")
}

// readCredentials reads the file; a missing one is empty.
func readCredentials(path string) (credentials, error) {
	c := credentials{Hosts: map[string]account{}}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return c, fmt.Errorf("read the credentials: %w", err)
	}
	if err := json.Unmarshal(text, &c); err != nil {
		return c, dynomad.Errorf(dynomad.KindInvalid, "%s cannot be read: %w", path, err).
			WithHint("delete it and log in again")
	}
	if c.Hosts == nil {
		c.Hosts = map[string]account{}
	}
	return c, nil
}

// write replaces the file as a whole, so that a full disk or a second login at the same time cannot tear it.
func (c credentials) write(path string) error {
	text, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return fmt.Errorf("write the credentials: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("write the credentials: %w", err)
	}
	temporary, err := os.CreateTemp(filepath.Dir(path), ".credentials-*") // made with mode 0600
	if err != nil {
		return fmt.Errorf("write the credentials: %w", err)
	}
	_, err = temporary.Write(append(text, '\n'))
	err = errors.Join(err, temporary.Close())
	if err == nil {
		err = os.Rename(temporary.Name(), path)
	}
	if err != nil {
		_ = os.Remove(temporary.Name())
		return fmt.Errorf("write the credentials: %w", err)
	}
	return nil
}
