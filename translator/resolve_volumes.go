package translator

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/dynomad/dynomad"
)

var (
	accessModes     = []string{"single-node-reader-only", "single-node-writer", "multi-node-reader-only", "multi-node-single-writer", "multi-node-multi-writer"}
	attachmentModes = []string{"file-system", "block-device"}
)

// volumeName is compiled when a volume is met: such a pattern costs every start of the program more than it looks.
var volumeName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`) })

// ValidVolume says whether Nomad takes a volume of this name.
func ValidVolume(name string) bool { return volumeName().MatchString(name) }

const readers = "-reader-only" // how the access modes end that may not write

// volumes finds what is wrong with the folders that are mounted into a dyno. A host's own folders are the operator's to
// give away.
func (r *resolver) volumes(p *process, all []dynomad.Volume) []dynomad.Volume {
	if len(all) > 0 && r.target.Driver == rawExec {
		r.fail("use a path of the machine directly; there is nothing to mount it into",
			"has a volume, and the driver raw_exec mounts none", "volume", all[0].Name)
	}
	seen := map[string]string{}
	for _, v := range all {
		fail := func(hint, text string, field ...string) {
			r.fail(hint, fmt.Sprintf("has the volume %q %s", v.Name, text), append([]string{"volume", v.Name}, field...)...)
		}
		destination := value(v.Destination)
		other, taken := seen[destination]
		switch {
		case !ValidVolume(v.Name):
			fail("use letters, digits, dashes and underscores", "of a name that cannot be used")
		case r.target.Driver == isolate && slices.Contains(r.target.Exec.Volumes, v.Name):
			fail("give it another name and say source", "of a name that the system's own folders have")
		case !strings.HasPrefix(destination, "/") || destination == "/":
			fail(`say destination = "/data" or another path`, "without a path to mount it at", "destination")
		case taken:
			fail("mount it elsewhere", fmt.Sprintf("at %s, where %q is", destination, other), "destination")
		}
		seen[destination] = v.Name
		r.volumeKind(p, v, fail)
	}
	return all
}

func (r *resolver) volumeKind(p *process, v dynomad.Volume, fail func(hint, text string, field ...string)) {
	switch value(v.Type) {
	case "host":
		if source := sourceOf(v); !allowed(r.target.Allow.HostVolumes, source) {
			fail(fmt.Sprintf("ask the operator to say allow { host_volumes = [%q] } in templates/process/allow.hcl", source),
				fmt.Sprintf("of the machine's folder %q, which this cluster does not give to apps", source), "source")
		}
		if v.AccessMode != nil || v.AttachmentMode != nil || v.PerAlloc != nil {
			fail("leave out access_mode, attachment_mode and per_alloc: only a csi volume has them", "of the type host with settings of a csi volume")
		}
	case "csi":
		r.csi(p, v, fail)
	default:
		fail(`say type = "host" or type = "csi"`, fmt.Sprintf("of the type %q, which there is not", value(v.Type)), "type")
	}
}

func (r *resolver) csi(p *process, v dynomad.Volume, fail func(hint, text string, field ...string)) {
	access, attachment := value(v.AccessMode), value(v.AttachmentMode)
	switch {
	case !slices.Contains(accessModes, access):
		fail("say one of "+strings.Join(accessModes, ", "), fmt.Sprintf("with the access_mode %q", access), "access_mode")
	case !slices.Contains(attachmentModes, attachment):
		fail("say one of "+strings.Join(attachmentModes, ", "), fmt.Sprintf("with the attachment_mode %q", attachment), "attachment_mode")
	case strings.HasSuffix(access, readers) && !value(v.ReadOnly):
		fail("say read_only = true", "that can only be read, mounted to be written", "read_only")
	case p.Count > 1 && !value(v.PerAlloc) && (strings.HasPrefix(access, "single-node") || access == "multi-node-single-writer" && !value(v.ReadOnly)):
		fail("say per_alloc = true, so that each dyno has its own, or run one dyno",
			fmt.Sprintf("that one dyno at a time can have, and %d dynos", p.Count), "access_mode")
	}
}

// sourceOf is a volume's name at the cluster.
func sourceOf(v dynomad.Volume) string {
	if v.Source != nil {
		return *v.Source
	}
	return v.Name
}
