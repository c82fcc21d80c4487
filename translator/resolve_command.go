package translator

import (
	"cmp"
	"fmt"
	"strconv"
	"time"

	"golang.org/x/text/unicode/norm"

	"github.com/dynomad/dynomad"
)

// command decides what a process runs, and in what: its command in a shell, a program without one, or whatever an image
// runs by itself; in the slug or in an image.
func (r *resolver) command(p *process, said, s dynomad.Settings) {
	if s.Command != nil {
		p.Command = *s.Command
	}
	p.Exec = s.Exec
	p.Image = cmp.Or(value(s.Image), r.blueprint.Slug.Image)
	switch {
	case p.Image != "" && r.target.Driver != docker:
		r.fail("leave it out and run a slug, or use a cluster whose driver is docker",
			fmt.Sprintf("has the image %q, which the driver %s cannot run", p.Image, r.target.Driver), "image")
	case p.Image == "" && r.target.Driver == docker && r.target.Docker.Image == "":
		r.fail("say image = \"…\" in the process, or name a stack image in templates/process/docker.hcl",
			"has no image, and the cluster has none that slugs run in")
	}
	for i, word := range p.Exec {
		if !norm.NFC.IsNormalString(word) {
			r.fail("write it with composed letters, or use command instead, which is kept byte for byte",
				fmt.Sprintf("has in its exec the text %q, of which Nomad would change the letters", word), "exec", strconv.Itoa(i))
		}
	}
	switch {
	case p.Exec == nil && p.Command == "":
		r.fail("say command = \"…\", or exec for a program without a shell", "has an empty command", "command")
	case p.Exec == nil:
	case len(p.Exec) == 0 && p.Image == "":
		r.fail("say exec = [\"PROGRAM\", …], or name an image that knows what to run", "has an empty exec and no image", "exec")
	case len(p.Exec) > 0 && p.Exec[0] == "":
		r.fail("say exec = [\"PROGRAM\", …]", "has an exec without a program", "exec", "0")
	}
	if s.Timeout != nil && p.ends() {
		r.timeout(p, said, *s.Timeout)
	}
}

// timeout is kept by the shell that a command starts under, since Nomad cannot.
func (r *resolver) timeout(p *process, said dynomad.Settings, timeout time.Duration) {
	const hint, text = "use command instead, or let the program end by itself", "has exec, which runs without the shell that keeps its timeout"
	switch {
	case p.Exec == nil:
		p.Timeout = timeout
		r.atLeast("timeout", timeout, minTimeout)
	case said.Timeout != nil:
		r.fail(hint, text, "timeout")
	default:
		r.warn(hint, text, "exec")
	}
}
