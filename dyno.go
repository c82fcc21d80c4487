package dynomad

import (
	"strconv"
	"strings"
	"time"
)

// DynoID is a dyno's UUID: the id of its Nomad allocation.
type DynoID string

// DynoState is one of Heroku's five states.
type DynoState string

// The states that the API knows.
const (
	DynoStarting DynoState = "starting"
	DynoUp       DynoState = "up"
	DynoCrashed  DynoState = "crashed"
	DynoDown     DynoState = "down"
	DynoIdle     DynoState = "idle"
)

// Dyno is one running (or just ended) instance of a process type.
type Dyno struct {
	ID         DynoID
	App        AppName
	Type       ProcessType
	Index      int // from 1, as in web.1
	State      DynoState
	Release    Version
	Size       string
	Command    string
	Node       string // the Nomad client's name
	Address    string // host:port where it listens, or ""
	ExitStatus *int   // of its last end, nil while it has never ended
	Reason     string // why it is not up, in words, or ""
	CreatedAt  time.Time
	UpdatedAt  time.Time
	History    []DynoMoment // what happened to it, oldest first, as far back as Nomad keeps it (ten moments a task)
}

// DynoMoment is one edge in a dyno's life, in Heroku's words. No two moments of a dyno have the same Time, and a moment is
// told with the same one every time, so that dyno and Time name it; its Text may become more exact later.
type DynoMoment struct {
	Time  time.Time
	State DynoState
	Text  string // "Starting process with command `…`", "State changed from starting to up", "Process exited with status 1"
}

// Name is "web.1". Two dynos share it for a moment while a release replaces one by the other.
func (d Dyno) Name() string { return DynoName(d.Type, d.Index) }

// Crashes counts how often d has crashed, as far back as its history is kept.
func (d Dyno) Crashes() int {
	n := 0
	for _, m := range d.History {
		if m.State == DynoCrashed {
			n++
		}
	}
	return n
}

// DynoName is "web.1" for type web and index 1.
func DynoName(t ProcessType, index int) string { return string(t) + "." + strconv.Itoa(index) }

// Matches says whether d is meant by a selector: "" is every dyno, "web" a type, "web.1" one dyno, a UUID one dyno.
func (d Dyno) Matches(selector string) bool {
	return selector == "" || selector == string(d.Type) || strings.EqualFold(selector, string(d.ID)) || selector == d.Name()
}
