package httpapi

import (
	"maps"
	"slices"
	"time"

	heroku "github.com/heroku/heroku-go/v6"
)

// introduced is when what has no date of its own came into being: Dynomad's first release.
var introduced = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// stacks answers the one stack there is: what the cluster's clients have installed.
func (a *API) stacks(*call) (any, error) {
	return []heroku.Stack{{
		ID: stackID, Name: stackName, Default: true, State: "public", CreatedAt: introduced, UpdatedAt: introduced,
	}}, nil
}

// dynoSize is Heroku's dyno size and what it means in Nomad.
type dynoSize struct {
	heroku.DynoSize
	CPU int `json:"cpu"` // MHz shares
}

// dynoSizes answers the sizes of this cluster, smallest first.
func (a *API) dynoSizes(*call) (any, error) {
	sizes := a.Platform.Target.Sizes
	shown := make([]dynoSize, 0, len(sizes))
	for _, name := range slices.Sorted(maps.Keys(sizes)) {
		size := dynoSize{CPU: sizes[name].CPU}
		size.DynoSize = heroku.DynoSize{ID: sizeID(name), Name: name, Architecture: "any", Memory: float64(sizes[name].Memory) / 1024}
		size.Generation.ID, size.Generation.Name = generationID, generationName
		shown = append(shown, size)
	}
	slices.SortStableFunc(shown, func(a, b dynoSize) int { return int(1024 * (a.Memory - b.Memory)) })
	return shown, nil
}
