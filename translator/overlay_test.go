package translator

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/nomad/api"
	"pgregory.net/rapid"
)

// pruned is a value as a tree of JSON in which nothing says nothing: nil and empty are alike.
func pruned(t interface{ Fatal(...any) }, v any) any {
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	out, err := tree(text)
	if err != nil {
		t.Fatal(err)
	}
	return prune(out)
}

func prune(v any) any {
	switch v := v.(type) {
	case []any:
		var out []any
		for _, e := range v {
			out = append(out, prune(e))
		}
		if len(out) > 0 {
			return out
		}
		return nil
	case map[string]any:
		out := map[string]any{}
		for key, e := range v {
			if e = prune(e); e != nil {
				out[key] = e
			}
		}
		if len(out) > 0 {
			return out
		}
		return nil
	}
	return v
}

func webGroup() *api.TaskGroup {
	return &api.TaskGroup{
		Name: new("web"), Count: new(2), ShutdownDelay: new(2 * time.Second),
		Constraints: []*api.Constraint{{LTarget: "${attr.kernel.name}", RTarget: "linux", Operand: "="}},
		Networks:    []*api.NetworkResource{{DynamicPorts: []api.Port{{Label: "http"}}}},
		Services:    []*api.Service{{Name: "hello-web", PortLabel: "http", Tags: []string{"urlprefix-hello/"}}},
		Volumes:     map[string]*api.VolumeRequest{"usr": {Name: "usr", Type: "host", Source: "usr", ReadOnly: true}},
		Tasks: []*api.Task{
			{
				Name: "v12", Driver: "exec", User: "nobody", Env: map[string]string{"PORT": "1", "A": "b"},
				Config:    map[string]any{"command": "/bin/sh", "args": []string{"x"}, "cap_drop": []string{"all"}},
				Templates: []*api.Template{{DestPath: new("local/command"), EmbeddedTmpl: new("x")}},
			},
			{Name: "agent", Driver: "exec", Config: map[string]any{"command": "agent"}},
		},
	}
}

func TestOverlayMerges(t *testing.T) {
	for _, c := range []struct {
		name, patch string
		want        func(*api.TaskGroup)
	}{
		{"a scalar replaces", `{"ShutdownDelay": 5000000000}`, func(g *api.TaskGroup) { g.ShutdownDelay = new(5 * time.Second) }},
		{"null removes", `{"ShutdownDelay": null, "Volumes": {"usr": null}}`, func(g *api.TaskGroup) { g.ShutdownDelay, g.Volumes = nil, nil }},
		{"a block merges into nothing", `{"EphemeralDisk": {"SizeMB": 500}}`, func(g *api.TaskGroup) { g.EphemeralDisk = &api.EphemeralDisk{SizeMB: new(500)} }},
		{"the main task has no name", `{"Tasks": [{"User": "app", "Env": {"A": null, "C": "d"}}]}`, func(g *api.TaskGroup) {
			g.Tasks[0].User, g.Tasks[0].Env = "app", map[string]string{"PORT": "1", "C": "d"}
		}},
		{"configuration merges at every depth", `[{"Tasks": [{"Config": {"logging": {"type": "none", "config": [{"a": 1}]}}}]}, {"Tasks": [{"Config": {"command": null, "logging": {"type": null}}}]}]`, func(g *api.TaskGroup) {
			g.Tasks[0].Config = map[string]any{"args": []any{"x"}, "cap_drop": []any{"all"}, "logging": map[string]any{"config": []any{map[string]any{"a": 1}}}}
		}},
		{"a further task comes last, under the main one's driver", `{"Tasks": [{"Name": "cache", "Config": {"command": "redis"}}]}`, func(g *api.TaskGroup) {
			g.Tasks = append(g.Tasks, &api.Task{Name: "cache", Driver: "exec", Config: map[string]any{"command": "redis"}})
		}},
		{"the process's own service has no name", `{"Services": [{"Tags": ["a"]}, {"Name": "admin", "PortLabel": "http"}]}`, func(g *api.TaskGroup) {
			g.Services[0].Tags = []string{"a"}
			g.Services = append(g.Services, &api.Service{Name: "admin", PortLabel: "http"})
		}},
		{"ports by their labels in the one network", `{"Networks": [{"Mode": "bridge", "DynamicPorts": [{"Label": "http", "To": 80}, {"Label": "admin"}]}]}`, func(g *api.TaskGroup) {
			g.Networks[0] = &api.NetworkResource{Mode: "bridge", DynamicPorts: []api.Port{{Label: "http", To: 80}, {Label: "admin"}}}
		}},
		{"a list without identities replaces", `{"Constraints": [{"Operand": "distinct_hosts"}]}`, func(g *api.TaskGroup) {
			g.Constraints = []*api.Constraint{{Operand: "distinct_hosts"}}
		}},
		{"a list is emptied first", `{"Tasks": [{"Templates": [null, {"DestPath": "local/a"}]}], "Services": [null], "Constraints": [null]}`, func(g *api.TaskGroup) {
			g.Tasks[0].Templates, g.Services, g.Constraints = []*api.Template{{DestPath: new("local/a")}}, nil, nil
		}},
		{"artifacts of one folder stay apart", `{"Tasks": [{"Artifacts": [{"GetterSource": "a"}, {"GetterSource": "b"}]}]}`, func(g *api.TaskGroup) {
			g.Tasks[0].Artifacts = []*api.TaskArtifact{{GetterSource: new("a")}, {GetterSource: new("b")}}
		}},
		{"emptying the tasks leaves the log sidecar", `{"Tasks": [null, {"Driver": "docker"}]}`, func(g *api.TaskGroup) {
			g.Tasks = []*api.Task{g.Tasks[1], {Name: "v12", Driver: "docker"}}
		}},
		{"layers in turn", `[{"ShutdownDelay": 1}, {"Migrate": {}}, {"ShutdownDelay": 3}]`, func(g *api.TaskGroup) {
			g.ShutdownDelay, g.Migrate = new(time.Duration(3)), &api.MigrateStrategy{}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, want := webGroup(), webGroup()
			c.want(want)
			if _, wrong := applyOverlay(got, json.RawMessage(c.patch), "v12", "hello-web"); wrong != nil {
				t.Fatal(wrong)
			}
			if diff := cmp.Diff(pruned(t, want), pruned(t, got)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestOverlayMisfits(t *testing.T) {
	for patch, want := range map[string]string{
		`{"Nope": 1}`:                            "Nope: Nomad's job specification does not know",
		`{"constraints": []}`:                    "constraints: Nomad's job specification does not know",
		`{"Tasks": [{"user": "root"}]}`:          "task.user: Nomad's job specification does not know",
		`{"Tasks": [{"User": 5}]}`:               "task.user: has to be a text",
		`{"Tasks": [{"Leader": "yes"}]}`:         "task.leader: has to be true or false",
		`{"ShutdownDelay": "5s"}`:                "shutdown_delay: has to be a time",
		`{"MaxRunDuration": 1.5}`:                "max_run_duration: has to be a time",
		`{"Affinities": [{"Weight": 300}]}`:      "affinity.0.weight: has to be a whole number",
		`{"Tasks": {"User": "x"}}`:               "task: has to be a list",
		`{"Tasks": ["x"]}`:                       "task: has to be a list of blocks",
		`{"Tasks": [{}, null]}`:                  "task: has to be a list of blocks",
		`{"Services": [{"Tags": ["a", null]}]}`:  "service.0.tags: has to be a list without null",
		`{"Update": []}`:                         "update: has to be a block",
		`{"Meta": {"a": 1}}`:                     "meta.a: has to be a text",
		`{"Name": "x"}`:                          "name: no nomad block may change",
		`{"Count": 4}`:                           "count: no nomad block may change",
		`{"Tasks": [{"Name": "v7"}]}`:            "task.v7: has a name that only Dynomad gives",
		`{"Tasks": [{"Name": "v12"}]}`:           "task.v12: has a name that only Dynomad gives",
		`{"Tasks": [{"Name": "agent"}]}`:         "task.agent: has a name that only Dynomad gives",
		`{"Tasks": [null]}`:                      "task: takes the process's main task away",
		`{"Tasks": null}`:                        "task: takes the process's main task away",
		`{"Volumes": {"a": {"ReadOnly": "no"}}}`: "volume.a.read_only: has to be true or false",
		`{"Spreads": [{"SpreadTarget": [{"Value": "a", "Percent": 300}]}]}`:  "spread.0.target.a.percent: has to be a whole number from 0",
		`{"Tasks": [{"Name": "x", "Templates": [{"Wait": {"Min": "1s"}}]}]}`: "task.x.template.0.wait.min: has to be a time",
		`5`:       ": is no object",
		`[{}, 5]`: ": is no object",
		`null`:    ": is no object",
		`{`:       ": is no JSON: unexpected EOF",
	} {
		group := webGroup()
		_, wrong := applyOverlay(group, json.RawMessage(patch), "v12", "hello-web")
		got := "nothing"
		if wrong != nil {
			got = strings.Join(wrong.at, ".") + ": " + wrong.text
		}
		if got != want {
			t.Errorf("%s: %q, want %q", patch, got, want)
		}
	}
}

func TestJobOverlay(t *testing.T) {
	group := webGroup()
	job := &api.Job{ID: new("hello"), Priority: new(50), Meta: map[string]string{"app": "hello", "release": "v12"}, TaskGroups: []*api.TaskGroup{group}}
	if wrong := applyJobOverlay(job, json.RawMessage(`{"Priority": 70, "Meta": {"team": "x"}, "Datacenters": ["dc1"]}`)); wrong != nil {
		t.Fatal(wrong)
	}
	if *job.Priority != 70 || job.Meta["team"] != "x" || job.Meta["app"] != "hello" || job.TaskGroups[0] != group || job.Datacenters[0] != "dc1" {
		t.Errorf("%+v", job)
	}
	for patch, want := range map[string]string{
		`{"TaskGroups": []}`:            "taskgroups: no nomad block may change",
		`{"ID": "other"}`:               "id: no nomad block may change",
		`{"Namespace": "other"}`:        "namespace: no nomad block may change",
		`{"Stop": true}`:                "Stop: Nomad's job specification does not know",
		`{"VaultNamespace": "x"}`:       "VaultNamespace: Nomad's job specification does not know",
		`{"Meta": {"app": "other"}}`:    "meta.app: is Dynomad's own",
		`{"Meta": null}`:                "meta.app: is Dynomad's own",
		`{"UI": {"Links": ["x"]}}`:      "ui.link: has to be a list of blocks",
		`{"Priority": 9999999999999e9}`: "priority: has to be a whole number",
	} {
		got := "nothing"
		if wrong := applyJobOverlay(job, json.RawMessage(patch)); wrong != nil {
			got = strings.Join(wrong.at, ".") + ": " + wrong.text
		}
		if got != want {
			t.Errorf("%s: %q, want %q", patch, got, want)
		}
	}
}

// Whatever differs between two groups, the difference laid over the one makes the other.
func TestDifferenceMakesWhatIsWanted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base, want := randomGroup(t, "base"), randomGroup(t, "want")
		if rapid.Bool().Draw(t, "related") {
			want = alter(t, base)
		}
		want.Name, want.Count = base.Name, base.Count
		patch := DiffGroup(base, want, "v12", "hello-web")
		got := *base
		if patch == nil {
			patch = json.RawMessage(`{}`)
		}
		if _, wrong := applyOverlay(&got, patch, "v12", "hello-web"); wrong != nil {
			t.Fatalf("%+v\n%s", wrong, patch)
		}
		if diff := cmp.Diff(pruned(t, want), pruned(t, &got)); diff != "" {
			t.Fatalf("%s\n-want +got:\n%s", patch, diff)
		}
		if again := DiffGroup(&got, want, "v12", "hello-web"); again != nil {
			t.Fatalf("still different: %s", again)
		}
	})
}

func TestDifferenceIsSmall(t *testing.T) {
	for _, c := range []struct {
		name, want string
		change     func(*api.TaskGroup)
	}{
		{"nothing", ``, func(*api.TaskGroup) {}},
		{"empty is nothing", ``, func(g *api.TaskGroup) { g.Meta, g.Affinities = map[string]string{}, []*api.Affinity{} }},
		{"a setting of the main task", `{"Tasks":[{"User":"app"}]}`, func(g *api.TaskGroup) { g.Tasks[0].User = "app" }},
		{"a further task", `{"Tasks":[{"Config":{"command":"x"},"Driver":"exec","Name":"cache"}]}`, func(g *api.TaskGroup) {
			g.Tasks = append(g.Tasks, &api.Task{Name: "cache", Driver: "exec", Config: map[string]any{"command": "x"}})
		}},
		{"a port", `{"Networks":[{"DynamicPorts":[{"Label":"admin"}]}]}`, func(g *api.TaskGroup) {
			g.Networks = []*api.NetworkResource{{DynamicPorts: []api.Port{{Label: "http"}, {Label: "admin"}}}}
		}},
		{"no service", `{"Services":null}`, func(g *api.TaskGroup) { g.Services = nil }},
		{"another service in its place", `{"Services":[null,{"Name":"db","PortLabel":"http"}]}`, func(g *api.TaskGroup) {
			g.Services = []*api.Service{{Name: "db", PortLabel: "http"}}
		}},
	} {
		want := webGroup()
		c.change(want)
		if got := string(DiffGroup(webGroup(), want, "v12", "hello-web")); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	job := &api.Job{ID: new("a"), Priority: new(50), Meta: map[string]string{"app": "a"}}
	other := &api.Job{ID: new("b"), Stop: new(true), Priority: new(70), Meta: map[string]string{"app": "b", "release": "v1", "team": "x"}}
	if got := string(DiffJob(job, other)); got != `{"Meta":{"team":"x"},"Priority":70}` {
		t.Errorf("of a job: %s", got)
	}
}

// FuzzOverlay holds that no patch whatever makes a panic, or changes a group that it does not fit.
func FuzzOverlay(f *testing.F) {
	for _, seed := range []string{
		`{}`, `[{"Tasks": [null, {"Name": "x"}]}]`, `{"Services": [{"Checks": [{}], "Connect": {"Gateway": {}}}]}`, `{"Volumes": {"a": {}}}`,
		`{"Tasks": [{"Config": {"mount": [{"type": "bind"}]}, "Artifacts": [{}], "VolumeMounts": [{}], "Identities": [{}]}]}`, `{"Networks": [{}, {"Mode": "cni/x"}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, patch []byte) {
		group, job := webGroup(), &api.Job{}
		before := pruned(t, group)
		r := resolver{target: &Target{Driver: "exec"}}
		r.overlayGroup(group, patch, "v12", "hello-web", "process", "web", "nomad")
		r.overlayJob(job, patch, "nomad")
		for _, p := range r.problems {
			if p.Message == "" || len(p.Setting) == 0 {
				t.Errorf("problem %+v", p)
			}
		}
		again := webGroup()
		if _, wrong := applyOverlay(again, patch, "v12", "hello-web"); wrong != nil && !cmp.Equal(before, pruned(t, again)) {
			t.Error("the group has changed")
		}
	})
}

// randomGroup has any of the fields that an overlay may say, and a main task.
func randomGroup(t *rapid.T, label string) *api.TaskGroup {
	g := new(api.TaskGroup)
	random(t, reflect.ValueOf(g).Elem(), 0)
	g.Name, g.Count = new("web"), nil
	g.Tasks = slices.DeleteFunc(g.Tasks, func(task *api.Task) bool { return task == nil })
	for _, s := range g.Services {
		if s.Name == "" { // as Nomad would call it
			s.Name = "hello-web"
		}
	}
	for i, name := range []string{"v12", "cache", "proxy", "other"} {
		switch {
		case i < len(g.Tasks):
			g.Tasks[i].Name = name
			g.Tasks[i].Driver = "docker"
		case i == 0:
			g.Tasks = []*api.Task{{Name: name, Driver: "docker"}}
		}
	}
	if rapid.Bool().Draw(t, label+" has its main task last") {
		slices.Reverse(g.Tasks)
	}
	return g
}

// alter is a copy of a group with some members of another.
func alter(t *rapid.T, group *api.TaskGroup) *api.TaskGroup {
	out, other := *group, randomGroup(t, "other")
	for i := range reflect.TypeFor[api.TaskGroup]().NumField() {
		if rapid.IntRange(0, 9).Draw(t, "change") == 0 {
			reflect.ValueOf(&out).Elem().Field(i).Set(reflect.ValueOf(other).Elem().Field(i))
		}
	}
	return &out
}

func random(t *rapid.T, v reflect.Value, depth int) {
	switch v.Kind() {
	case reflect.Pointer:
		if rapid.IntRange(0, 1+depth).Draw(t, "set") == 0 {
			v.Set(reflect.New(v.Type().Elem()))
			random(t, v.Elem(), depth)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if _, ok := nameOf(v.Type().Field(i)); ok && (v.Type() == reflect.TypeFor[api.TaskGroup]() || rapid.IntRange(0, 3).Draw(t, "field") == 0) {
				random(t, v.Field(i), depth+1)
			}
		}
	case reflect.Slice:
		for range rapid.IntRange(0, 3).Draw(t, "length") {
			e := reflect.New(v.Type().Elem()).Elem()
			if e.Kind() == reflect.Pointer {
				e.Set(reflect.New(e.Type().Elem()))
				random(t, e.Elem(), depth)
			} else {
				random(t, e, depth)
			}
			v.Set(reflect.Append(v, e))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range rapid.IntRange(0, 3).Draw(t, "size") {
			e := reflect.New(v.Type().Elem()).Elem()
			if e.Kind() == reflect.Pointer {
				e.Set(reflect.New(e.Type().Elem()))
				random(t, e.Elem(), depth)
			} else {
				random(t, e, depth)
			}
			v.SetMapIndex(reflect.ValueOf(rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "key")), e)
		}
	case reflect.Interface:
		v.Set(reflect.ValueOf(rapid.SampledFrom([]any{"a", true, 5, []any{"a"}, map[string]any{"x": "y"}, map[string]any{"x": map[string]any{"z": 1}}}).Draw(t, "any")))
	case reflect.String:
		v.SetString(rapid.SampledFrom([]string{"", "a", "b", "hello-web"}).Draw(t, "text"))
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, "bool"))
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uint:
		v.SetUint(rapid.Uint64Range(0, 3).Draw(t, "uint"))
	default:
		v.SetInt(rapid.Int64Range(0, 3).Draw(t, "int"))
	}
}
