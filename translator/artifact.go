package translator

import "github.com/hashicorp/nomad/api"

// slug is https://developer.hashicorp.com/nomad/docs/job-specification/artifact: the program, unpacked into the folder in
// which the dyno starts. Its URL is a capability that stays the same for ever: one that expired would break every later
// start on another machine. A slug without a URL is none, and the dyno starts in an empty folder.
func slug(p *process) []*api.TaskArtifact {
	if !inSlug(p) {
		return nil
	}
	s := p.blueprint.Slug
	return []*api.TaskArtifact{{
		GetterSource:  new(s.URL),
		GetterOptions: options("archive", "tgz", s.SHA256),
		RelativeDest:  new(localDir + home),
		// Without it the files would be root's, and the dyno could not write in its own folder. raw_exec has no user.
		Chown: p.target.Driver != rawExec,
	}}
}

// options are go-getter's: how to unpack, and the digest without which it refuses the file.
func options(name, value, sha256 string) map[string]string {
	out := map[string]string{name: value}
	if sha256 != "" {
		out["checksum"] = "sha256:" + sha256
	}
	return out
}
