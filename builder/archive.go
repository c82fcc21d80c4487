package builder

import (
	"archive/tar"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/dynomad/dynomad"
)

// Limits bound what an archive may unpack to. The packed size is bounded by the bucket at the upload.
type Limits struct {
	// Entries is the most files and directories. A Nomad client counts 4,096 entries, the end of the archive among them,
	// before it refuses a download (artifact.decompression_file_count_limit): raise both or neither.
	Entries int
	// Unpacked is the most bytes that the entries hold together.
	Unpacked int64
	// Ratio is how many times its packed size an archive may unpack to, once it is beyond ratioFloor: programs and texts
	// reach ten, a bomb a thousand.
	Ratio int64
}

// DefaultLimits fit a Nomad client with its own defaults.
func DefaultLimits() Limits { return Limits{Entries: 4095, Unpacked: 2 << 30, Ratio: 200} }

const (
	ratioFloor  = 64 << 20  // bytes; below it a high ratio is only a small text that repeats itself
	maxText     = 256 << 10 // bytes of a Procfile or a manifest
	maxName     = 255       // bytes of one name, as file systems have it
	maxProblems = 20        // how many a report lists before it only counts
)

// archive is what inspect found in a source archive.
type archive struct {
	sha256   string          // hex, of the archive as it was uploaded; "" if it could not be read to its end
	size     int64           // bytes, likewise
	entries  map[string]bool // every path, cleaned; true: a directory
	texts    map[string][]byte
	problems dynomad.Problems
	more     int // problems beyond maxProblems
}

// inspect reads a .tar.gz to its end without ever writing a file. What is wrong with it is in problems, as much as can be
// told at once; the error is for a source that could not be read at all. The files named in want are kept as texts.
func inspect(r io.Reader, limits Limits, want ...string) (*archive, error) {
	packed := &packedReader{r: r, hash: sha256.New()}
	a := &archive{entries: map[string]bool{}, texts: map[string][]byte{}}
	err := a.walk(packed, limits, want)
	if packed.err != nil {
		return nil, packed.err
	}
	if a.more > 0 {
		a.problems = append(a.problems, dynomad.Problem{Message: fmt.Sprintf("and %d more of the kind", a.more)})
	}
	if err == nil {
		a.sha256, a.size = hex.EncodeToString(packed.hash.Sum(nil)), packed.n
	} else {
		a.problems = append(a.problems, dynomad.Problem{Message: err.Error(), Hint: "make it with `tar -czf source.tar.gz -C DIR .`"})
	}
	return a, nil
}

// walk goes through the archive entry by entry. Its error is a sentence about the archive as a whole.
func (a *archive) walk(packed *packedReader, limits Limits, want []string) error {
	unzipped, err := gzip.NewReader(packed)
	if err != nil {
		return errors.New("the upload is not a gzip-compressed archive")
	}
	unpacked := &unpackedReader{r: unzipped, packed: packed, limits: limits}
	entries := tar.NewReader(unpacked)
	var bytes int64
	for count := 0; ; count++ {
		header, err := entries.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return unreadable(err)
		}
		if count >= limits.Entries {
			return fmt.Errorf("the archive holds more than %d files and directories", limits.Entries)
		}
		// Asked of the header: a sparse file needs few bytes in the archive to fill a disk.
		if bytes += header.Size; bytes > limits.Unpacked || header.Size > limits.Unpacked {
			return tooBig(limits)
		}
		if err := a.enter(header, entries, want); err != nil {
			return unreadable(err)
		}
	}
	// What follows the last entry is part of the hash, and may be the bomb.
	if _, err := io.Copy(io.Discard, unpacked); err != nil {
		return unreadable(err)
	}
	if len(a.entries) == 0 && len(a.problems) == 0 {
		return errors.New("the archive is empty")
	}
	return nil
}

// enter judges one entry and keeps its text if it is wanted.
func (a *archive) enter(header *tar.Header, content io.Reader, want []string) error {
	if header.Typeflag == tar.TypeXGlobalHeader {
		return nil // git archive writes one; it holds no file
	}
	if message, hint := wrongEntry(header); message != "" {
		a.refuse(fmt.Sprintf("%q %s", header.Name, message), hint)
		return nil
	}
	name := path.Clean(header.Name)
	isDir := header.FileInfo().IsDir()
	if was, seen := a.entries[name]; seen && (!was || !isDir) {
		a.refuse(fmt.Sprintf("%q is in the archive twice", name), "")
		return nil
	}
	for up := path.Dir(name); up != "."; up = path.Dir(up) {
		if was, seen := a.entries[up]; seen && !was {
			a.refuse(fmt.Sprintf("%q lies in %q, which is a file", name, up), "")
			return nil
		}
	}
	a.entries[name] = isDir
	for _, wanted := range want {
		if name != wanted || isDir {
			continue
		}
		text, err := io.ReadAll(io.LimitReader(content, maxText+1))
		if err != nil {
			return err
		}
		if len(text) > maxText {
			a.refuse(fmt.Sprintf("%s has more than %d bytes", name, maxText), "")
			text = text[:0]
		}
		a.texts[name] = text
	}
	return nil
}

// wrongEntry says why an entry may not be in a source, and what to do about it; "" if it may.
func wrongEntry(header *tar.Header) (message, hint string) {
	mode := header.FileInfo().Mode()
	switch header.Typeflag {
	case tar.TypeReg, tar.TypeDir, tar.TypeGNUSparse:
	case tar.TypeSymlink, tar.TypeLink:
		// go-getter, with which Nomad unpacks, opens the link's path as if it were a file.
		return "is a link to " + fmt.Sprintf("%q", header.Linkname),
			"put the file itself there: Nomad unpacks an empty file in a link's place (tar -h follows symbolic links)"
	default:
		return "is neither a file nor a directory", "leave devices, pipes and sockets out"
	}
	if strings.HasPrefix(header.Name, "/") {
		return "is an absolute path", "make the archive with `tar -C DIR .`"
	}
	for _, part := range strings.Split(header.Name, "/") {
		if part == ".." {
			return "leads out of the archive", "make the archive with `tar -C DIR .`"
		}
		if len(part) > maxName {
			return "has a name that no file system takes", ""
		}
	}
	if !mode.IsDir() && mode&(fs.ModeSetuid|fs.ModeSetgid) != 0 {
		return "carries a setuid or setgid bit", "chmod ug-s it"
	}
	return "", ""
}

func (a *archive) refuse(message, hint string) {
	if len(a.problems) == maxProblems {
		a.more++
		return
	}
	a.problems = append(a.problems, dynomad.Problem{Message: message, Hint: hint})
}

// unreadable turns what gzip and tar say into a sentence; our own sentences pass through.
func unreadable(err error) error {
	if _, ok := errors.AsType[*bombError](err); ok {
		return err
	}
	return fmt.Errorf("the archive is damaged or cut short: %w", err)
}

// bombError says that an archive unpacks to more than it may.
type bombError struct{ text string }

func (e *bombError) Error() string { return e.text }

func tooBig(limits Limits) error {
	return &bombError{fmt.Sprintf("the archive unpacks to more than %s", size(limits.Unpacked))}
}

// packedReader counts and hashes what is read of the upload, and remembers when the reading itself failed.
type packedReader struct {
	r    io.Reader
	hash hash.Hash
	n    int64
	err  error
}

func (p *packedReader) Read(b []byte) (int, error) {
	n, err := p.r.Read(b)
	p.n += int64(n)
	_, _ = p.hash.Write(b[:n]) // a hash never fails
	if err != nil && !errors.Is(err, io.EOF) {
		p.err = err
	}
	return n, err
}

// unpackedReader stops a decompression bomb while it goes off.
type unpackedReader struct {
	r      io.Reader
	packed *packedReader
	limits Limits
	n      int64
}

func (u *unpackedReader) Read(b []byte) (int, error) {
	n, err := u.r.Read(b)
	u.n += int64(n)
	// Headers and padding come on top of what the entries hold: 1 KiB an entry, and blocks of 10 KiB.
	if u.n > u.limits.Unpacked+int64(u.limits.Entries)<<12 {
		return n, tooBig(u.limits)
	}
	if u.n > ratioFloor && u.n > u.limits.Ratio*u.packed.n {
		return n, &bombError{fmt.Sprintf("the archive unpacks to more than %d times its size", u.limits.Ratio)}
	}
	return n, err
}
