package dev

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	neturl "net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/cmd/dynomad/cli"
)

// admin is the platform's first administrator, made by `up` through the server's one-time link and kept in admin.json,
// readable by its owner only.
type admin struct {
	URL      string `json:"url"` // of the API
	Email    string `json:"email"`
	Password string `json:"password"`
	Token    string `json:"token"`
}

const (
	adminFile  = "admin.json"
	adminEmail = "admin@dynomad.localhost"
)

// ensureAdmin makes the administrator of a fresh server, or reads the one made before, and logs the CLI in.
func (p *plane) ensureAdmin(ctx context.Context) (admin, error) {
	path := filepath.Join(p.cluster.Dir, adminFile)
	var a admin
	text, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if a, err = p.setUp(ctx); err != nil {
			return a, err
		}
		if err := saveJSON(path, a); err != nil {
			return a, err
		}
	case err != nil:
		return a, dynomad.Errorf(dynomad.KindInternal, "reading the administrator: %w", err)
	default:
		if err := json.Unmarshal(text, &a); err != nil {
			return a, dynomad.Errorf(dynomad.KindInternal, "reading %s: %w", path, err)
		}
	}
	return a, cli.SaveCredentials(a.URL, a.Email, a.Token)
}

// setUp redeems the server's one-time link.
func (p *plane) setUp(ctx context.Context) (admin, error) {
	a := admin{URL: url(p.cluster.Ports.Server), Email: adminEmail, Password: newPassword()}
	link, err := os.ReadFile(filepath.Join(p.data(), "setup-link"))
	if err != nil {
		return a, dynomad.Errorf(dynomad.KindNotFound, "the server has users already, but %s is gone", adminFile).
			WithHint("`dynomad dev reset` starts afresh")
	}
	parsed, err := neturl.Parse(strings.TrimSpace(string(link)))
	if err != nil {
		return a, dynomad.Errorf(dynomad.KindInternal, "reading the server's setup link: %w", err)
	}
	body, err := json.Marshal(map[string]string{"token": parsed.Query().Get("token"), "email": a.Email, "password": a.Password})
	if err != nil {
		return a, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.URL+"/dynomad/setup", bytes.NewReader(body))
	if err != nil {
		return a, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return a, dynomad.Errorf(dynomad.KindUnavailable, "making the first administrator: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	var answer struct{ Token, Message string }
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || answer.Token == "" {
		return a, dynomad.Errorf(dynomad.KindInternal, "making the first administrator: %s %s", resp.Status, answer.Message)
	}
	a.Token = answer.Token
	return a, nil
}
