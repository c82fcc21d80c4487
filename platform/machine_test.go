package platform_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/dynomad/dynomad"
)

// TestMain keeps the random test short; -rapid.checks=1500 on the command line gives it time.
func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", "20"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// TestWhateverHappensRowsAndNomadAgreeInTheEnd does random things to an app, in any order and in the middle of each other,
// with Nomad coming and going, being written by a stranger, and reverting by itself. Then it lets the platform come to rest,
// and looks whether what runs is what the rows say, and whether the rows are what was asked for.
func TestWhateverHappensRowsAndNomadAgreeInTheEnd(t *testing.T) {
	folder := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		dir, err := os.MkdirTemp(folder, "")
		if err != nil {
			rt.Fatal(err)
		}
		m := &machine{world: newWorldIn(rt, dir), broken: map[dynomad.Version]bool{}}
		m.create("hello")
		rt.Repeat(map[string]func(*rapid.T){
			"":       func(*rapid.T) { m.oneCurrent() },
			"deploy": m.deploySome,
			"scale":  m.scaleSome,
			"configure": func(t *rapid.T) {
				m.configure("hello", "COLOR", rapid.SampledFrom([]string{"red", "blue"}).Draw(t, "color"))
			},
			"rollback": func(*rapid.T) { m.rollback() },
			"maintain": m.maintain,
			"settle":   func(*rapid.T) { m.round() },
			"sweep":    func(*rapid.T) { _, _ = m.Sweep(rt.Context()) }, // fails while Nomad is away
			"hold":     func(*rapid.T) { m.nomad.Hold() },
			"step":     func(*rapid.T) { m.nomad.Step() },
			"release":  func(*rapid.T) { m.nomad.Release() },
			"away":     func(*rapid.T) { m.nomad.Down(true) },
			"back":     func(*rapid.T) { m.nomad.Down(false) },
			"stranger": func(*rapid.T) { m.nomad.Touch("hello") },
			"purge":    func(*rapid.T) { m.nomad.Purge("hello") },
		})
		m.rest()
		m.agree()
	})
}

// machine is a world with a note of which releases cannot run.
type machine struct {
	*world
	broken map[dynomad.Version]bool
}

func (m *machine) deploySome(t *rapid.T) {
	procfile := rapid.SampledFrom([]string{
		"web: serve $PORT\n", "web: serve $PORT\nworker: work\n", "web: exit 1\n", "web: serve $PORT\nworker: exit 2\n", "clock: tick\n",
	}).Draw(t, "procfile")
	release := m.deploy("hello", procfile)
	m.broken[release.Version] = strings.Contains(procfile, "exit")
}

func (m *machine) scaleSome(t *rapid.T) {
	_, f, _, err := m.Formation(m.t.Context(), m.ada, "hello")
	m.ok(err)
	if len(f) > 0 {
		entry := rapid.SampledFrom(f).Draw(t, "entry")
		m.scale("hello", fmt.Sprintf("%s=%d", entry.Type, rapid.IntRange(0, 3).Draw(t, "quantity")))
	}
}

func (m *machine) maintain(t *rapid.T) {
	must[dynomad.App](m.world)(m.Maintain(m.t.Context(), m.ada, "hello", rapid.Bool().Draw(t, "on")))
}

func (m *machine) rollback() {
	release, err := m.Rollback(m.t.Context(), m.ada, "hello", "")
	if dynomad.KindOf(err) == dynomad.KindInvalid {
		return // nothing to roll back to
	}
	m.ok(err)
	var old dynomad.Version
	if _, err := fmt.Sscanf(release.Description, "Rollback to v%d", &old); err != nil {
		m.t.Fatal(err)
	}
	m.broken[release.Version] = m.broken[old]
}

// round is what reconcile does again and again. It may fail while Nomad is away.
func (m *machine) round() {
	_, _ = m.Settle(m.t.Context())
}

// rest lets Nomad and the platform come to rest, which may take no more than a few rounds.
func (m *machine) rest() {
	m.nomad.Down(false)
	m.nomad.Release()
	for range 5 {
		_, err := m.Sweep(m.t.Context())
		m.ok(err)
		m.settle()
	}
	report, err := m.Sweep(m.t.Context())
	m.ok(err)
	m.want("synced at rest", report.Synced, 0)
	m.want("pending at rest", m.settle(), 0)
}

// oneCurrent says that at any moment exactly one release should be running, and at most that one is pending.
func (m *machine) oneCurrent() {
	current, pending := 0, 0
	for i, r := range must[[]dynomad.Release](m.world)(m.Releases(m.t.Context(), m.ada, "hello")) {
		m.want("version", r.Version, dynomad.Version(i+1))
		if r.Current {
			current++
		}
		if r.Status == dynomad.ReleasePending {
			pending++
			m.want("the pending release is current", r.Current, true)
		}
	}
	if current != 1 || pending > 1 {
		m.t.Fatalf("%d current and %d pending releases", current, pending)
	}
}

// agree says that Nomad was told to run the current release in the numbers of the formation, and, unless that release cannot
// run at all, that it does. Only a release that was released at quantity 0 can be current and unable to run.
func (m *machine) agree() {
	_, f, processes, err := m.Formation(m.t.Context(), m.ada, "hello")
	m.ok(err)
	m.want("formation's types", len(f), len(processes))
	var current dynomad.Release
	for _, r := range must[[]dynomad.Release](m.world)(m.Releases(m.t.Context(), m.ada, "hello")) {
		if r.Current {
			current = r
		}
		if r.Status == dynomad.ReleaseFailed && !m.cannotRun(r) {
			m.t.Errorf("%s failed (%s), and could run", r.Version, r.Reason)
		}
	}
	var wanted, told, running []string
	for _, e := range f {
		for i := range e.Quantity {
			wanted = append(wanted, dynomad.DynoName(e.Type, i+1)+" "+current.Version.String())
		}
	}
	if spec := m.nomad.Spec("hello"); spec != nil && len(f) > 0 {
		for _, group := range spec.TaskGroups {
			for i := range *group.Count {
				told = append(told, dynomad.DynoName(dynomad.ProcessType(*group.Name), i+1)+" "+group.Tasks[0].Name)
			}
		}
	}
	slices.Sort(wanted)
	slices.Sort(told)
	m.want("what Nomad was told", told, wanted)
	for _, line := range m.running("hello") {
		running = append(running, line[:strings.LastIndexByte(line, ' ')])
	}
	if !m.cannotRun(current) {
		m.want("dynos", running, wanted)
	}
}

// cannotRun says whether a release's slug is of the broken ones, its own or one that a config change took over.
func (m *machine) cannotRun(r dynomad.Release) bool {
	for _, other := range must[[]dynomad.Release](m.world)(m.Releases(m.t.Context(), m.ada, "hello")) {
		if other.Slug == r.Slug && m.broken[other.Version] {
			return true
		}
	}
	return false
}
