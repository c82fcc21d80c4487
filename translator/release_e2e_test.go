//go:build e2e

package translator_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/translator"
)

// TestSlugAndSidecar: a dyno runs a program of its slug in a folder that it may write, and has a sidecar whose program was
// fetched as well and that has a token.
func TestSlugAndSidecar(t *testing.T) {
	client := nomad(t)
	slug := tarball(t, map[string]string{"bin/hello": "#!/bin/sh\ntouch written && echo hello\nexec sleep 600\n"})
	agent := []byte("#!/bin/sh\ncut -d . -f 1 \"$NOMAD_SECRETS_DIR/nomad_logplex.jwt\" > /dev/null && echo \"$DYNOMAD_LOGPLEX\"\nexec sleep 600\n")
	packed := archived(t, map[string]string{"dynomad-agent": string(agent)})
	bucket := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		content := map[string][]byte{"/slug": slug, "/agent": agent, "/agent.tar": packed}[r.URL.Path]
		if r.URL.Query().Get("sig") != "s&=" {
			http.Error(w, "wrong signature", http.StatusForbidden)
			return
		}
		_, _ = w.Write(content)
	}))
	defer bucket.Close()
	eachDriver(t, func(t *testing.T, to translator.Target) {
		to.Agent = &translator.Agent{URL: bucket.URL + "/agent?op=get&sig=s%26%3D", SHA256: digest(agent), Logplex: "http://logplex.example"}
		if to.Driver == "docker" {
			to.Agent.URL, to.Agent.SHA256 = bucket.URL+"/agent.tar?op=get&sig=s%26%3D", digest(packed)
		}
		id := run(t, client, dynomad.Blueprint{
			Slug:      dynomad.Slug{URL: bucket.URL + "/slug?op=get&sig=s%26%3D", SHA256: digest(slug)},
			Processes: []dynomad.Process{{Type: "worker", Command: "bin/hello", Settings: small()}},
			Formation: dynomad.Formation{{Type: "worker", Quantity: 1}},
		}, to)
		alloc := started(t, client, id, 1)[0]
		output(t, client, alloc, "hello")
		until(t, "the sidecar has read its token", func() bool {
			return logs(client, alloc, translator.SidecarTask) == "http://logplex.example\n"
		})
	})
}

// tarball is a slug with these programs.
func tarball(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var out bytes.Buffer
	zipped := gzip.NewWriter(&out)
	if _, err := zipped.Write(archived(t, files)); err != nil {
		t.Fatal(err)
	}
	if err := zipped.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func archived(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var out bytes.Buffer
	archive := tar.NewWriter(&out)
	for name, text := range files {
		if err := archive.WriteHeader(&tar.Header{Name: name, Mode: 0o755, Size: int64(len(text))}); err != nil {
			t.Fatal(err)
		}
		if _, err := archive.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// TestReleaseThatCrashesIsGivenUp: our templates let Nomad give up a pending release that crashes, in under a minute, while
// the dyno of the release before runs on; and Nomad goes back by itself.
func TestReleaseThatCrashesIsGivenUp(t *testing.T) {
	client := nomad(t)
	eachDriver(t, func(t *testing.T, to translator.Target) {
		bp := dynomad.Blueprint{
			Release:   dynomad.Release{Status: dynomad.ReleasePending},
			Processes: []dynomad.Process{{Type: "worker", Command: "printf one; exec sleep 600", Settings: small()}},
			Formation: dynomad.Formation{{Type: "worker", Quantity: 1}},
		}
		id := run(t, client, bp, to)
		first := started(t, client, id, 1)[0]
		until(t, "the first release is healthy", func() bool { return deployment(t, client, id).Status == api.DeploymentStatusSuccessful })

		bp.App.Name, bp.Release.Version = dynomad.AppName(id), 2
		bp.Processes[0].Command = "exit 1"
		bundle, problems := translator.Translate(bp, to)
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		asked := time.Now()
		if _, _, err := client.Jobs().Register(bundle.Jobs[0], nil); err != nil {
			t.Fatal(err)
		}
		until(t, "Nomad has gone back to the first release", func() bool {
			job, _, err := client.Jobs().Info(id, nil)
			return err == nil && job.Meta[translator.MetaRelease] == "v1"
		})
		if took := time.Since(asked); took > 60*time.Second {
			t.Errorf("the release was given up only after %v", took)
		}
		for _, alloc := range allocations(t, client, id) {
			if alloc.ID == first.ID && (alloc.ClientStatus != api.AllocClientStatusRunning || alloc.TaskStates["v1"].Restarts > 0) {
				t.Errorf("the dyno of the first release is %s: %s", alloc.ClientStatus, events(t, client, alloc))
			}
		}
	})
}

func deployment(t *testing.T, client *api.Client, id string) *api.Deployment {
	t.Helper()
	latest, _, err := client.Jobs().LatestDeployment(id, nil)
	if err != nil {
		t.Fatal(err)
	}
	if latest == nil {
		return &api.Deployment{}
	}
	return latest
}
