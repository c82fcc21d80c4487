package builder_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"flag"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/bucket"
	"github.com/dynomad/dynomad/builder"
)

var update = flag.Bool("update", false, "rewrite the wanted parts of testdata")

// TestBuilds reads testdata: in each file the source's files, then the wanted output with the wanted processes or error.
func TestBuilds(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no testdata", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			script, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			last := len(script.Files) - 1
			if script.Files[last].Name != "want" {
				t.Fatal("the last part of the file must be want")
			}
			got, _, _ := build(t, tarball(t, script.Files[:last]))
			if *update {
				script.Files[last].Data = []byte(got)
				if err := os.WriteFile(file, txtar.Format(script), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(string(script.Files[last].Data), got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// build uploads a source, builds it, and returns the transcript, the slug and the names of what is in the bucket then.
func build(t *testing.T, source []byte) (transcript string, slug dynomad.Slug, left []string) {
	t.Helper()
	dir := t.TempDir()
	blobs, err := bucket.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = blobs.Close() }()
	if _, err := blobs.Put(t.Context(), "sources/s.tar.gz", bytes.NewReader(source), 0); err != nil {
		t.Fatal(err)
	}
	b := &builder.Builder{Bucket: blobs, SlugURL: func(key string) string { return "http://bucket/" + key }}
	var out strings.Builder
	slug, err = b.Build(t.Context(), "sources/s.tar.gz", &out, nil)
	if err != nil {
		out.WriteString("error: " + string(dynomad.KindOf(err)) + "\n" + err.Error() + "\n")
	}
	for _, p := range slug.Processes {
		out.WriteString("process " + string(p.Type) + ": " + p.Command)
		if p.Settings.Quantity != nil {
			out.WriteString(" ×" + string(rune('0'+*p.Settings.Quantity)))
		}
		out.WriteString("\n")
	}
	for _, d := range slug.Domains {
		out.WriteString("domain " + d + "\n")
	}
	if slug.Overlay != nil {
		out.WriteString("overlay " + string(slug.Overlay) + "\n")
	}
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			left = append(left, strings.TrimPrefix(path, dir+"/"))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String(), slug, left
}

func tarball(t *testing.T, files []txtar.File) []byte {
	t.Helper()
	var out bytes.Buffer
	zipped := gzip.NewWriter(&out)
	writer := tar.NewWriter(zipped)
	for _, f := range files {
		if err := writer.WriteHeader(&tar.Header{Name: f.Name, Mode: 0o644, Size: int64(len(f.Data))}); err != nil {
			t.Fatal(err)
		}
		if _, err := writer.Write(f.Data); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(writer.Close(), zipped.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestTheSlugIsTheSource(t *testing.T) {
	source := tarball(t, []txtar.File{{Name: "Procfile", Data: []byte("web: ./server\n")}})
	_, slug, left := build(t, source)
	_, again, _ := build(t, source)
	if diff := cmp.Diff(slug, again); diff != "" || slug.SHA256 == "" || slug.Size != int64(len(source)) {
		t.Errorf("%+v\n%s", slug, diff)
	}
	if slug.URL != "http://bucket/"+slug.Key || slug.Key != "slugs/"+slug.SHA256+".tar.gz" {
		t.Errorf("key %s, URL %s", slug.Key, slug.URL)
	}
	if diff := cmp.Diff([]string{slug.Key, "sources/s.tar.gz"}, left); diff != "" {
		t.Error(diff) // the source stays: a build that is interrupted starts over
	}
}

func TestARefusedSourceLeavesNothing(t *testing.T) {
	for _, source := range [][]byte{
		[]byte("no archive"), tarball(t, []txtar.File{{Name: "../x"}}), tarball(t, []txtar.File{{Name: "Procfile", Data: []byte("???")}}),
	} {
		transcript, slug, left := build(t, source)
		if !strings.Contains(transcript, "error: invalid_params") || slug.Key != "" || len(left) > 0 {
			t.Errorf("%s\n%+v\nleft %v", transcript, slug, left)
		}
	}
}

func TestASourceThatWasNeverUploaded(t *testing.T) {
	blobs, err := bucket.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	_, err = (&builder.Builder{Bucket: blobs}).Build(t.Context(), "sources/none.tar.gz", io.Discard, nil)
	if dynomad.KindOf(err) != dynomad.KindInvalid || dynomad.HintOf(err) == "" {
		t.Error(err)
	}
}
