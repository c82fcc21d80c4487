package target

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/hcl"
	"github.com/dynomad/dynomad/translator"
)

// lay lays a file over what the files before it have made.
func lay(to *translator.Target, s Source) {
	if path.Base(s.File) == initFile {
		to.Init = bare(string(s.Text))
		return
	}
	for t, settings := range s.Defaults.Processes {
		if t == sidecar {
			to.Sidecar = settings.Over(to.Sidecar)
			continue
		}
		if to.Templates == nil {
			to.Templates = map[string]dynomad.Settings{}
		}
		to.Templates[string(t)] = settings.Over(to.Templates[string(t)])
	}
	for name, size := range s.Defaults.Sizes {
		if to.Sizes == nil {
			to.Sizes = map[string]translator.Size{}
		}
		name = strings.ToLower(name)
		to.Sizes[name] = laySize(size, to.Sizes[name])
	}
	if e := s.Defaults.Exec; e != nil {
		to.Exec = translator.Exec{User: cmp.Or(e.User, to.Exec.User), Volumes: said(e.Volumes, to.Exec.Volumes)}
	}
	if d := s.Defaults.Docker; d != nil {
		to.Docker = translator.Docker{
			Image: cmp.Or(d.Image, to.Docker.Image), User: cmp.Or(d.User, to.Docker.User), CapDrop: said(d.CapDrop, to.Docker.CapDrop),
		}
	}
	if a := s.Defaults.Allow; a != nil {
		layAllow(&to.Allow, a)
	}
}

// laySize keeps of a size what the new layer does not say, but never both cores and shares: they exclude each other.
func laySize(size hcl.Size, base translator.Size) translator.Size {
	if size.Cores != 0 {
		base.CPU = 0
	}
	if size.CPU != 0 {
		base.Cores = 0
	}
	return translator.Size{
		CPU: cmp.Or(size.CPU, base.CPU), Cores: cmp.Or(size.Cores, base.Cores),
		Memory: cmp.Or(size.Memory, base.Memory), MemoryMax: cmp.Or(size.MemoryMax, base.MemoryMax),
	}
}

// halves are sizes that no layer has said enough of.
func halves(sizes map[string]translator.Size) dynomad.Problems {
	var out dynomad.Problems
	for _, name := range slices.Sorted(maps.Keys(sizes)) {
		if s := sizes[name]; s.Memory == 0 || s.CPU+s.Cores == 0 {
			out = append(out, dynomad.Problem{
				File: "sizes.hcl", Message: fmt.Sprintf("the size %q has no memory, or neither cpu nor cores", name),
				Hint: "say memory in MiB and cpu in MHz, or a number of cores",
			})
		}
	}
	return out
}

// layAllow adds what the new layer allows; ours allows nothing, so that there is nothing to take back.
func layAllow(to *translator.Allow, a *hcl.Allow) {
	*to = translator.Allow{
		Drivers: said(a.Drivers, to.Drivers), Users: said(a.Users, to.Users),
		HostVolumes: said(a.HostVolumes, to.HostVolumes), NodePools: said(a.NodePools, to.NodePools),
		Privileged: a.Privileged || to.Privileged, Identities: a.Identities || to.Identities, Routes: a.Routes || to.Routes,
	}
}

// said is a list that a layer has given, even if it is empty, or else the one before.
func said(list, base []string) []string {
	if list != nil {
		return list
	}
	return base
}

// bare is shell text without its lines of comment: they are for whoever reads the template, not for every job.
func bare(text string) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "#") {
			out.WriteString(line)
		}
	}
	return out.String()
}
