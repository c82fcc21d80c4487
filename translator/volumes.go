package translator

import "github.com/hashicorp/nomad/api"

// volumes is https://developer.hashicorp.com/nomad/docs/job-specification/volume: the folders that outlive a dyno, and under
// exec those of the client that stand in for the driver's own copy of the system, which takes 20 seconds a dyno.
func volumes(p *process) map[string]*api.VolumeRequest {
	out := map[string]*api.VolumeRequest{}
	if p.target.Driver == isolate {
		for _, name := range p.target.Exec.Volumes {
			out[name] = &api.VolumeRequest{Name: name, Type: "host", Source: name, ReadOnly: true}
		}
	}
	for _, v := range p.Volumes {
		out[v.Name] = &api.VolumeRequest{
			Name: v.Name, Type: value(v.Type), Source: sourceOf(v), ReadOnly: value(v.ReadOnly),
			PerAlloc: value(v.PerAlloc), AccessMode: value(v.AccessMode), AttachmentMode: value(v.AttachmentMode),
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// mounts is https://developer.hashicorp.com/nomad/docs/job-specification/volume_mount: where the dyno finds them.
func mounts(p *process) []*api.VolumeMount {
	var out []*api.VolumeMount
	for _, v := range p.Volumes {
		out = append(out, &api.VolumeMount{Volume: new(v.Name), Destination: new(value(v.Destination)), ReadOnly: new(value(v.ReadOnly))})
	}
	return out
}
