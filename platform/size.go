package platform

import (
	"cmp"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/translator"
)

// SizeOf names the dyno size at which a process runs: what the formation says, else its manifest, else the template of its
// type; "" where one of those gives cpu and memory instead of a size.
func (p *Platform) SizeOf(e dynomad.FormationEntry, process dynomad.Process) string {
	return cmp.Or(e.Size, value(translator.Settings(process, p.Target).Size))
}
