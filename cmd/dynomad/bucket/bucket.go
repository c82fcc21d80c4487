// Package bucket is `dynomad bucket`: the process that hands slugs and the log agent to Nomad's clients, so that dynos are
// placed anew while the control plane is down.
package bucket

import (
	"context"
	"net/http"
	"os"

	"github.com/dynomad/dynomad/bucket"
	"github.com/dynomad/dynomad/cmd/dynomad/keys"
	"github.com/dynomad/dynomad/cmd/dynomad/serve"
)

// Cmd is the command with its settings.
type Cmd struct {
	Listen string `env:"DYNOMAD_LISTEN" default:"127.0.0.1:5001" help:"Address to listen on."`
	Bucket string `env:"DYNOMAD_BUCKET" required:"" help:"Directory (or bucket URL) that the server keeps slugs in."`
	URLKey string `name:"url-key-file" env:"DYNOMAD_URL_KEY_FILE" required:"" type:"path" help:"The server's DATA/keys/url.key."`
	Limit  int64  `env:"DYNOMAD_UPLOAD_LIMIT" default:"0" help:"Largest upload in bytes; 0 is 500 MiB."`
}

// Run serves until ctx ends.
func (c *Cmd) Run(ctx context.Context) error {
	log := serve.Log(os.Stderr)
	key, err := keys.URL(c.URLKey)
	if err != nil {
		return err
	}
	blobs, err := bucket.Open(ctx, c.Bucket)
	if err != nil {
		return err
	}
	defer func() { _ = blobs.Close() }()

	mux := http.NewServeMux()
	mux.Handle("/blobs/", bucket.Door{Bucket: blobs, Links: bucket.Links{Key: key}, Limit: c.Limit, Log: log})
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	return serve.HTTP(ctx, c.Listen, mux, log, func() { log.Info("bucket is open", "listen", c.Listen) })
}
