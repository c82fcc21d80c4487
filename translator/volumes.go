package translator

import "github.com/hashicorp/nomad/api"

// volumes is https://developer.hashicorp.com/nomad/docs/job-specification/volume: the client's folders that the exec driver
// mounts into a dyno. They stand in for the driver's own copy of the system, which takes 20 seconds a dyno.
func volumes(t *Target) map[string]*api.VolumeRequest {
	if t.Driver != "exec" {
		return nil
	}
	out := make(map[string]*api.VolumeRequest, len(t.Exec.Volumes))
	for _, name := range t.Exec.Volumes {
		out[name] = &api.VolumeRequest{Name: name, Type: "host", Source: name, ReadOnly: true}
	}
	return out
}
