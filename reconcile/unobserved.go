package reconcile

import (
	"maps"
	"slices"
	"sync"

	"github.com/dynomad/dynomad"
)

// unobserved are the apps whose dynos changed since they were last looked at. What cannot be looked at now is put back, so
// that no change is lost to a passing trouble.
type unobserved struct {
	*bell
	mu   sync.Mutex
	apps map[dynomad.AppName]bool
	all  bool // any app's may have
}

func newUnobserved() *unobserved {
	return &unobserved{bell: newBell(), apps: map[dynomad.AppName]bool{}}
}

func (u *unobserved) add(app dynomad.AppName) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.apps[app] = true
}

func (u *unobserved) addAll() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.all = true
}

// take empties the list and returns it, sorted.
func (u *unobserved) take() (apps []dynomad.AppName, all bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	apps, all = slices.Sorted(maps.Keys(u.apps)), u.all
	u.all = false
	clear(u.apps)
	return apps, all
}
