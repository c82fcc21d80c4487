package dynomad

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// MaxQuantity bounds the dynos of one process type, as Heroku does.
const MaxQuantity = 100

// Formation is how many dynos of each process type an app should have, one entry a type, sorted by type.
type Formation []FormationEntry

// FormationEntry is one process type's share of the formation.
type FormationEntry struct {
	ID        string
	Type      ProcessType
	Quantity  int
	Size      string // a name from the size table; "": the template's
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Quantity is the number of dynos wanted of a type; 0 for a type that is not in the formation.
func (f Formation) Quantity(t ProcessType) int {
	for _, e := range f {
		if e.Type == t {
			return e.Quantity
		}
	}
	return 0
}

// Change asks for another quantity or size of one type. Quantity is absolute ("2"), relative ("+1", "-1") or "" for
// leave it.
type Change struct {
	Type     ProcessType
	Quantity string
	Size     string
}

// Scale applies changes to the types that f has and returns a copy. A type that f does not have, or a quantity out of
// 0..MaxQuantity, is an error that names it.
func (f Formation) Scale(changes []Change, now time.Time) (Formation, error) {
	next := slices.Clone(f)
	for _, c := range changes {
		i := slices.IndexFunc(next, func(e FormationEntry) bool { return e.Type == c.Type })
		if i < 0 {
			return nil, Errorf(KindNotFound, "there is no process type %q in the current release", string(c.Type)).
				WithHint("it has %s", f.types())
		}
		if c.Quantity != "" {
			n, err := strconv.Atoi(c.Quantity)
			if err == nil && (c.Quantity[0] == '+' || c.Quantity[0] == '-') {
				n += next[i].Quantity
			}
			if err != nil || n < 0 || n > MaxQuantity {
				return nil, Errorf(KindInvalid, "%q is not a quantity of %s dynos", c.Quantity, c.Type).
					WithHint("use a number from 0 to %d, or +N and -N that stay within it", MaxQuantity)
			}
			next[i].Quantity = n
		}
		if c.Size != "" {
			next[i].Size = strings.ToLower(c.Size)
		}
		next[i].UpdatedAt = now
	}
	return next, nil
}

func (f Formation) types() string {
	if len(f) == 0 {
		return "none: deploy first"
	}
	names := make([]string, len(f))
	for i, e := range f {
		names[i] = string(e.Type)
	}
	return strings.Join(names, ", ")
}

// String is Heroku's "web=2, worker=1", as log lines print it.
func (f Formation) String() string {
	parts := make([]string, len(f))
	for i, e := range f {
		parts[i] = string(e.Type) + "=" + strconv.Itoa(e.Quantity)
	}
	return strings.Join(parts, ", ")
}
