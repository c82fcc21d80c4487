package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	heroku "github.com/heroku/heroku-go/v6"
	"golang.org/x/term"

	"github.com/dynomad/dynomad"
)

// LoginCmd trades an e-mail address and a password for a token and remembers it. The password is never an argument: other
// users of the machine could read it there.
type LoginCmd struct {
	Host          string `arg:"" optional:"" env:"DYNOMAD_HOST" help:"The control plane, for example http://127.0.0.1:5000."`
	Email         string `short:"e" help:"Your e-mail address."`
	PasswordStdin bool   `help:"Read the password from standard input."`
}

// Run is `dynomad login`.
func (c *LoginCmd) Run(ctx context.Context, ui *UI, here Here) error {
	file := credentialsPath(here.Getenv)
	remembered, err := readCredentials(file)
	if err != nil {
		return err
	}
	host, err := c.host(here, remembered)
	if err != nil {
		return err
	}
	if u, err := url.Parse(host); err == nil && u.Scheme == "http" && !loopback(u.Hostname()) {
		ui.Warn("%s is not encrypted: your password and token can be read on the way", host)
	}
	email, password, err := c.who(ui, here)
	if err != nil {
		return err
	}
	step := ui.Step("Logging in to %s", host)
	token, err := authorize(ctx, host, email, password, here)
	if err != nil {
		return err
	}
	remembered.Current = host
	remembered.Hosts[host] = account{Email: token.User.Email, Token: token.AccessToken.Token}
	if err := remembered.write(file); err != nil {
		return err
	}
	step.Done("done")
	if ui.JSON() {
		return ui.Document(map[string]string{"host": host, "email": token.User.Email})
	}
	ui.Line("Logged in as %s", token.User.Email)
	return nil
}

func (c *LoginCmd) host(here Here, remembered credentials) (string, error) {
	if c.Host != "" {
		return ParseHost(c.Host)
	}
	return hostOf(here, remembered)
}

// who asks for what the flags do not say.
func (c *LoginCmd) who(ui *UI, here Here) (email, password string, err error) {
	in := bufio.NewReader(here.Stdin)
	email = c.Email
	if email == "" {
		if c.PasswordStdin {
			return "", "", dynomad.Errorf(dynomad.KindInvalid, "--password-stdin needs --email")
		}
		ui.Ask("Email: ")
		if email, err = readLine(in); err != nil {
			return "", "", err
		}
	}
	if file, ok := here.Stdin.(*os.File); ok && !c.PasswordStdin && term.IsTerminal(int(file.Fd())) {
		ui.Ask("Password: ")
		secret, err := term.ReadPassword(int(file.Fd()))
		ui.Note("")
		if err != nil {
			return "", "", fmt.Errorf("read the password: %w", err)
		}
		return email, string(secret), nil
	}
	if !c.PasswordStdin {
		return "", "", dynomad.Errorf(dynomad.KindInvalid, "there is no terminal to ask for the password").
			WithHint("pipe it in and say --password-stdin")
	}
	password, err = readLine(in)
	return email, password, err
}

// readLine reads a line of at most 4 KiB without its end.
func readLine(in *bufio.Reader) (string, error) {
	line, err := in.ReadSlice('\n')
	if err != nil && (!errors.Is(err, io.EOF) || len(line) == 0) {
		return "", dynomad.Errorf(dynomad.KindInvalid, "nothing to read on standard input: %w", err)
	}
	return strings.TrimRight(string(line), "\r\n"), nil
}

// authorize makes a token that lasts until it is revoked.
func authorize(ctx context.Context, host, email, password string, here Here) (heroku.OAuthAuthorization, error) {
	var made heroku.OAuthAuthorization
	api := newClient(host, "", here)
	name, err := os.Hostname()
	if err != nil {
		name = "an unnamed machine"
	}
	req, err := api.request(ctx, http.MethodPost, "/oauth/authorizations",
		map[string]any{"description": "dynomad login from " + name, "scope": []string{"global"}})
	if err != nil {
		return made, err
	}
	req.SetBasicAuth(email, password)
	if err := api.send(req, &made); err != nil {
		return made, err
	}
	if made.AccessToken == nil || made.AccessToken.Token == "" {
		return made, dynomad.Errorf(dynomad.KindInternal, "%s answered without a token", host)
	}
	return made, nil
}
