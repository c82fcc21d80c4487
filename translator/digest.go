package translator

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/hashicorp/nomad/api"
)

// Digest says in one word what a job runs: two jobs of the same digest need no registration to get from one to the other.
// The update blocks stay out of it, because how a change is made is not what runs; they differ between a pending release
// and the same one once it has succeeded.
//
// It is the hex SHA-256 of the job's JSON, in which Go sorts the names of every map.
func Digest(job *api.Job) string {
	bare := *job
	bare.Update = nil
	bare.TaskGroups = make([]*api.TaskGroup, len(job.TaskGroups))
	for i, group := range job.TaskGroups {
		g := *group
		g.Update = nil
		bare.TaskGroups[i] = &g
	}
	text, err := json.Marshal(&bare)
	if err != nil {
		panic("translator: a job that is no JSON: " + err.Error()) // channels and functions only, and a job has none
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
