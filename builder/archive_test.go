package builder

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// entry is one member of a test's archive; a text makes it a file.
type entry struct {
	tar.Header
	text string
}

func file(name, text string) entry { return entry{tar.Header{Name: name, Mode: 0o644}, text} }

func dir(name string) entry {
	return entry{tar.Header{Name: name, Mode: 0o755, Typeflag: tar.TypeDir}, ""}
}

func special(name string, kind byte, target string) entry {
	return entry{tar.Header{Name: name, Typeflag: kind, Linkname: target, Mode: 0o644}, ""}
}

// pack makes a .tar.gz of entries.
func pack(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var out bytes.Buffer
	zipped := gzip.NewWriter(&out)
	writer := tar.NewWriter(zipped)
	for _, e := range entries {
		e.Size = int64(len(e.text))
		if err := writer.WriteHeader(&e.Header); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(writer, e.text); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(writer.Close(), zipped.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// zip compresses what is not a tar.
func zip(t testing.TB, r io.Reader) []byte {
	t.Helper()
	var out bytes.Buffer
	zipped := gzip.NewWriter(&out)
	if _, err := io.Copy(zipped, r); err != nil {
		t.Fatal(err)
	}
	if err := zipped.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestGoodArchives(t *testing.T) {
	good := map[string][]byte{
		"plain":         pack(t, file("Procfile", "web: x"), dir("bin/"), file("bin/x", "#!")),
		"with dots":     pack(t, dir("./"), file("./Procfile", "web: x"), dir("./bin"), file("./bin/x", "#!")),
		"no dirs":       pack(t, file("Procfile", "web: x"), file("bin/x", "#!")),
		"dir twice":     pack(t, file("Procfile", "web: x"), dir("bin"), dir("bin/"), file("bin/x", "#!")),
		"git's comment": pack(t, entry{tar.Header{Typeflag: tar.TypeXGlobalHeader, PAXRecords: map[string]string{"comment": "abc"}}, ""}, file("Procfile", "web: x"), dir("bin"), file("bin/x", "#!")),
		"dots in names": pack(t, file("Procfile", "web: x"), file("bin/x", "#!"), file("a..b/...c", "")),
	}
	for name, data := range good {
		a, err := inspect(bytes.NewReader(data), DefaultLimits(), "Procfile")
		if err != nil || len(a.problems) > 0 {
			t.Errorf("%s: %v %v", name, err, a.problems)
			continue
		}
		sum := sha256.Sum256(data)
		if a.sha256 != hex.EncodeToString(sum[:]) || a.size != int64(len(data)) {
			t.Errorf("%s: hash or size of something else than the upload", name)
		}
		if diff := cmp.Diff(map[string][]byte{"Procfile": []byte("web: x")}, a.texts); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestHostileArchives(t *testing.T) {
	pro := file("Procfile", "web: x")
	good := pack(t, pro, file("data", strings.Repeat("some text ", 1000)))
	many := make([]entry, 0, 4097)
	for i := range 4097 {
		many = append(many, file(fmt.Sprintf("f%d", i), ""))
	}
	afterEnd := append(tarOf(t, pro), make([]byte, ratioFloor+1<<20)...)
	hostile := []struct {
		name string
		data []byte
		want string // in the problems
	}{
		{"absolute", pack(t, pro, file("/etc/passwd", "x")), `"/etc/passwd" is an absolute path`},
		{"parent", pack(t, pro, file("../x", "x")), `"../x" leads out`},
		{"parent inside", pack(t, pro, file("a/../../x", "x")), `leads out`},
		{"parent dir", pack(t, pro, dir("a/..")), `leads out`},
		{"symlink out", pack(t, pro, special("a", tar.TypeSymlink, "/etc")), `"a" is a link to "/etc"`},
		{"symlink in", pack(t, pro, special("a", tar.TypeSymlink, "Procfile")), `"a" is a link to "Procfile"`},
		{"hard link", pack(t, pro, special("a", tar.TypeLink, "Procfile")), `"a" is a link`},
		{"device", pack(t, pro, special("a", tar.TypeChar, "")), `neither a file nor a directory`},
		{"block device", pack(t, pro, special("a", tar.TypeBlock, "")), `neither a file nor a directory`},
		{"pipe", pack(t, pro, special("a", tar.TypeFifo, "")), `neither a file nor a directory`},
		{"setuid", pack(t, pro, entry{tar.Header{Name: "su", Mode: 0o4755}, "x"}), `setuid`},
		{"setgid", pack(t, pro, entry{tar.Header{Name: "su", Mode: 0o2755}, "x"}), `setuid or setgid`},
		{"twice", pack(t, pro, file("./Procfile", "web: y")), `"Procfile" is in the archive twice`},
		{"file as directory", pack(t, pro, file("Procfile/x", "x")), `lies in "Procfile", which is a file`},
		{"too many", pack(t, many...), `more than 4095 files`},
		{"long name", pack(t, pro, file(strings.Repeat("x", 256), "")), `no file system`},
		{"huge Procfile", pack(t, file("Procfile", strings.Repeat("x", maxText+1))), `more than 262144 bytes`},
		{"empty archive", pack(t), `the archive is empty`},
		{"empty upload", nil, `not a gzip`},
		{"no gzip", tarOf(t, pro), `not a gzip`},
		{"no tar", zip(t, strings.NewReader("hello, this is a text and no archive at all")), `damaged or cut short`},
		{"cut short", good[:len(good)/2], `damaged or cut short`},
		{"cut at the end", good[:len(good)-4], `damaged or cut short`},
		{"with a tail", append(bytes.Clone(good), "tail"...), `damaged or cut short`},
		{"bomb by ratio", zip(t, bytes.NewReader(afterEnd)), `more than 200 times its size`},
	}
	for _, h := range hostile {
		a, err := inspect(bytes.NewReader(h.data), DefaultLimits(), "Procfile")
		if err != nil {
			t.Errorf("%s: %v", h.name, err)
			continue
		}
		if err := a.problems.Err(); err == nil || !strings.Contains(err.Error(), h.want) {
			t.Errorf("%s: %v, want %q", h.name, err, h.want)
		}
	}
}

// tarOf is an archive before its compression.
func tarOf(t testing.TB, entries ...entry) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(pack(t, entries...)))
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestBombsStopEarly(t *testing.T) {
	limits := Limits{Entries: 10, Unpacked: 1 << 20, Ratio: 1 << 40}
	big := pack(t, file("Procfile", ""), file("big", strings.Repeat("x", 1<<20+1)))
	sparse := special("sparse", tar.TypeReg, "")
	sparse.Size = 1 << 50
	var header bytes.Buffer
	if err := tar.NewWriter(&header).WriteHeader(&sparse.Header); err != nil {
		t.Fatal(err)
	}
	endless := io.MultiReader(bytes.NewReader(tarOf(t, file("Procfile", ""))), io.LimitReader(zeros{}, 64<<20))
	for name, data := range map[string][]byte{
		"one large file": big, "a header that promises a petabyte": zip(t, &header), "a tail without end": zip(t, endless),
	} {
		read := &countingReader{r: bytes.NewReader(data)}
		a, err := inspect(read, limits)
		if err != nil || len(a.problems) != 1 || !strings.Contains(a.problems[0].Message, "unpacks to more than 1.0 MB") {
			t.Errorf("%s: %v, %+v", name, err, a.problems)
		}
		if read.n > 32<<10 {
			t.Errorf("%s: read %d bytes of it before saying so", name, read.n)
		}
	}
}

type countingReader struct {
	r io.Reader
	n int
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += n
	return n, err
}

func TestEveryProblemAtOnce(t *testing.T) {
	entries := []entry{file("/a", ""), file("../b", ""), special("c", tar.TypeSymlink, "x")}
	for i := range maxProblems {
		entries = append(entries, special(fmt.Sprintf("l%d", i), tar.TypeLink, "x"))
	}
	a, err := inspect(bytes.NewReader(pack(t, entries...)), DefaultLimits())
	if err != nil || len(a.problems) != maxProblems+1 || a.problems[maxProblems].Message != "and 3 more of the kind" {
		t.Errorf("%v, %v", err, a.problems)
	}
}

func TestABrokenBucketIsNoProblemOfTheArchive(t *testing.T) {
	data := pack(t, file("Procfile", "web: x"))
	away := errors.New("disk on fire")
	if _, err := inspect(io.MultiReader(bytes.NewReader(data[:20]), iotest.ErrReader(away)), DefaultLimits()); !errors.Is(err, away) {
		t.Errorf("%v, want the bucket's own error", err)
	}
}

// FuzzInspect: whatever is uploaded, the answer is problems or a clean bill, never a panic, an error or a path that leads out.
func FuzzInspect(f *testing.F) {
	f.Add(pack(f, file("Procfile", "web: x"), dir("bin"), file("bin/x", "y")))
	f.Add(pack(f, file("../x", "y"), special("l", tar.TypeSymlink, "/")))
	f.Add([]byte{0x1f, 0x8b})
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := inspect(bytes.NewReader(data), Limits{Entries: 100, Unpacked: 1 << 20, Ratio: 200}, "Procfile")
		if err != nil {
			t.Fatal(err)
		}
		for name := range a.entries {
			if strings.HasPrefix(name, "/") || name == ".." || strings.HasPrefix(name, "../") {
				t.Errorf("accepted %q", name)
			}
		}
	})
}
