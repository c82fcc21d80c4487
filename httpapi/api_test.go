package httpapi_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dynomad/dynomad"
)

const procfile = "web: ./server -p $PORT\nworker: ./work\n"

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got)\n%s", what, diff)
	}
}

func TestAccount(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/account", "/users/~", "/users/" + email, "/users/ada%40example.com"} {
		same(t, path, w.do("GET", path, nil).want(200).text("email"), email)
	}
	w.do("GET", "/users/eve@example.com", nil).refused(404, "not_found", "eve@example.com")
}

func TestApps(t *testing.T) {
	w := newWorld(t)
	made := w.do("POST", "/apps", object{"name": "hello", "region": "us", "locked": false}).want(201)
	same(t, "web_url", made.text("web_url"), "http://hello.localhost:8080/")
	same(t, "owner", made.text("owner", "email"), email)
	if name := w.do("POST", "/apps", nil).want(201).text("name"); dynomad.AppName(name).Valid() != nil {
		t.Errorf("made up the name %q", name)
	}
	same(t, "by id", w.do("GET", "/apps/"+made.text("id"), nil).want(200).body, made.body)
	for path, want := range map[string]int{"/apps": 2, "/users/~/apps": 2} {
		if got := len(w.do("GET", path, nil).want(200).each("name")); got != want {
			t.Errorf("%s has %d apps", path, got)
		}
	}
	same(t, "maintenance", w.do("PATCH", "/apps/hello", object{"maintenance": true}).want(200).at("maintenance"), any(true))
	same(t, "maintenance stays", w.do("PATCH", "/apps/hello", object{"name": "hello"}).want(200).at("maintenance"), any(true))

	w.do("POST", "/apps", object{"name": "hello"}).refused(409, "conflict", "taken")
	w.do("POST", "/apps", object{"name": "No Name"}).refused(422, "invalid_params", "app name")
	w.do("POST", "/apps", object{"region": "eu"}).refused(422, "invalid_params", `there is no region \"eu\"`)
	w.do("POST", "/apps", object{"stack": "heroku-24"}).refused(422, "invalid_params", "stack")
	w.do("PATCH", "/apps/hello", object{"name": "bye"}).refused(422, "invalid_params", "renamed")
	w.do("GET", "/apps/none", nil).refused(404, "not_found", "none")

	same(t, "destroyed", w.do("DELETE", "/apps/hello", nil).want(200).text("name"), "hello")
	w.do("GET", "/apps/hello", nil).refused(404, "not_found", "hello")
	w.do("DELETE", "/apps/hello", nil).refused(404, "not_found", "hello")
}

func TestAppsOfOthersDoNotExist(t *testing.T) {
	w := newWorld(t)
	w.do("POST", "/apps", object{"name": "hello"}).want(201)
	eve := auth("Bearer " + w.member("eve@example.com"))
	for _, path := range []string{"", "/config-vars", "/releases", "/releases/1", "/releases/1/config-vars", "/formation", "/formation/web", "/dynos", "/builds", "/builds/x", "/slugs/x", "/domains"} {
		own := w.do("GET", "/apps/nosuch"+path, nil, eve)
		foreign := w.do("GET", "/apps/hello"+path, nil, eve)
		foreign.refused(404, "not_found", "hello")
		same(t, path, strings.ReplaceAll(foreign.raw, "hello", "nosuch"), own.raw)
	}
	for _, path := range []string{"/config-vars", "/formation/web", ""} {
		w.do("PATCH", "/apps/hello"+path, object{}, eve).refused(404, "not_found", "hello")
	}
	for _, path := range []string{"/dynos", "", "/domains/x"} {
		w.do("DELETE", "/apps/hello"+path, nil, eve).refused(404, "not_found", "hello")
	}
	same(t, "eve's apps", w.do("GET", "/apps", nil, eve).want(200).body, any([]any{}))
	w.do("POST", "/apps", object{"name": "eves"}, eve).want(201)
	same(t, "an administrator sees all", len(w.do("GET", "/apps", nil).each("name")), 2)
	same(t, "but owns some", w.do("GET", "/users/~/apps", nil).each("name"), []any{"hello"})
}

func TestConfigVars(t *testing.T) {
	w := newWorld(t)
	w.do("POST", "/apps", object{"name": "hello"}).want(201)
	same(t, "none", w.do("GET", "/apps/hello/config-vars", nil).want(200).body, any(object{}))
	set := w.do("PATCH", "/apps/hello/config-vars", object{"A": "1", "B": "2 <&> ü\n"}).want(200)
	same(t, "set", set.body, any(object{"A": "1", "B": "2 <&> ü\n"}))
	same(t, "unset", w.do("PATCH", "/apps/hello/config-vars", object{"A": nil}).want(200).body, any(object{"B": "2 <&> ü\n"}))
	same(t, "of v2", w.do("GET", "/apps/hello/releases/2/config-vars", nil).want(200).body, set.body)
	newest := w.do("GET", "/apps/hello/releases", nil, header("Range", "version ..; order=desc,max=1"))
	same(t, "its release", newest.text(0, "description"), "Remove A config vars")

	w.do("PATCH", "/apps/hello/config-vars", object{"A": 1}).refused(422, "invalid_params", "it must be a string")
	w.do("PATCH", "/apps/hello/config-vars", object{"PORT": "1"}).refused(422, "invalid_params", "PORT")
	w.do("PATCH", "/apps/hello/config-vars", []string{"A"}).refused(422, "invalid_params", "it must be an object")
	w.do("PATCH", "/apps/hello/config-vars", strings.NewReader("A=1")).refused(400, "bad_request", "JSON")
	if a := w.do("PATCH", "/apps/hello/config-vars", strings.NewReader(`{"A": 1234567}`)); strings.Contains(a.raw, "1234567") {
		t.Errorf("a refusal repeats the value: %s", a.raw)
	}
}

func TestFormation(t *testing.T) {
	w := newWorld(t)
	w.do("POST", "/apps", object{"name": "hello"}).want(201)
	same(t, "before a deploy", w.do("GET", "/apps/hello/formation", nil).want(200).body, any([]any{}))
	w.deploy("hello", "Procfile", procfile)
	all := w.do("GET", "/apps/hello/formation", nil).want(200)
	same(t, "types", all.each("type"), []any{"web", "worker"})
	same(t, "commands", all.each("command"), []any{"./server -p $PORT", "./work"})
	web := all.text(0, "id")

	quantities := func(what string, a answer, want ...any) {
		t.Helper()
		same(t, what, a.want(200).each("quantity"), want)
	}
	patch := func(updates ...any) answer { return w.do("PATCH", "/apps/hello/formation", object{"updates": updates}) }
	quantities("absolute", patch(object{"type": "web", "quantity": "2"}, object{"type": "worker", "quantity": 1}), 2.0, 1.0)
	quantities("relative", patch(object{"type": "web", "quantity": "+1"}, object{"type": "worker", "quantity": "-1"}), 3.0, 0.0)
	quantities("none", patch(object{"type": "web", "quantity": nil}), 3.0, 0.0)
	one := w.do("PATCH", "/apps/hello/formation/"+web, object{"quantity": 1, "dyno_size": object{"name": "Standard-2X"}}).want(200)
	same(t, "by id", []any{one.at("quantity"), one.at("size"), one.at("dyno_size", "name")}, []any{1.0, "standard-2x", "standard-2x"})
	quantities("batch by id", patch(object{"type": web, "quantity": 2, "dyno_size": object{"id": one.at("dyno_size", "id")}}), 2.0, 0.0)
	same(t, "by type", w.do("PATCH", "/apps/hello/formation/web", object{"size": "standard-1x"}).want(200).at("size"), any("standard-1x"))
	same(t, "one", w.do("GET", "/apps/hello/formation/"+web, nil).want(200).at("type"), any("web"))

	for name, update := range map[string]object{
		"quantity": {"type": "web", "quantity": "many"}, "0 to 100": {"type": "web", "quantity": 101}, "not below 0": {"type": "web", "quantity": -1},
		"whole number": {"type": "web", "quantity": 1.5}, "quantity ": {"type": "web", "quantity": []int{1}}, "it must be": {"type": 7},
		"there is no dyno size": {"type": "web", "size": "huge"}, "dyno_size.name": {"type": "web", "dyno_size": object{}}, "images": {"type": "web", "docker_image": "x"},
	} {
		patch(update).refused(422, "invalid_params", strings.TrimSpace(name))
	}
	patch(object{"type": "clock", "quantity": 1}).refused(404, "not_found", "clock")
	patch().refused(422, "invalid_params", "updates")
	w.do("PATCH", "/apps/hello/formation/clock", object{"quantity": 1}).refused(404, "not_found", "clock")
}

func TestDynos(t *testing.T) {
	w := newWorld(t)
	w.do("POST", "/apps", object{"name": "hello"}).want(201)
	same(t, "none", w.do("GET", "/apps/hello/dynos", nil).want(200).body, any([]any{}))
	w.deploy("hello", "Procfile", procfile)
	w.do("PATCH", "/apps/hello/formation/worker", object{"quantity": 2}).want(200)
	all := w.do("GET", "/apps/hello/dynos", nil).want(200)
	same(t, "names", all.each("name"), []any{"web.1", "worker.1", "worker.2"})
	same(t, "states", all.each("state"), []any{"up", "up", "up"})
	same(t, "command", all.text(0, "command"), "./server -p $PORT")
	same(t, "release", all.at(0, "release", "version"), any(2.0))
	if all.text(0, "node") == "" {
		t.Error("where does it run?")
	}
	id := all.text(0, "id")
	same(t, "by name", w.do("GET", "/apps/hello/dynos/web.1", nil).want(200).text("id"), id)
	same(t, "by id", w.do("GET", "/apps/hello/dynos/"+id, nil).want(200).text("name"), "web.1")
	for _, path := range []string{"/dynos", "/dynos/web.1", "/dynos/" + id, "/formations/worker"} {
		same(t, path, w.do("DELETE", "/apps/hello"+path, nil).want(202).body, any(object{}))
	}
	w.do("GET", "/apps/hello/dynos/web.9", nil).refused(404, "not_found", "web.9")
	w.do("DELETE", "/apps/hello/dynos/web.9", nil).refused(404, "not_found", "web.9")

	w.nomad.Crash(dynomad.DynoID(id), 7)
	crashed := w.do("GET", "/apps/hello/dynos/web.1", nil).want(200)
	same(t, "crashed", []any{crashed.at("state"), crashed.at("exit_status")}, []any{"crashed", 7.0})
	w.nomad.Down(true)
	w.do("GET", "/apps/hello/dynos", nil).refused(503, "unavailable", "nomad")
}

func TestDomains(t *testing.T) {
	w := newWorld(t)
	w.do("POST", "/apps", object{"name": "hello"}).want(201)
	own := w.do("GET", "/apps/hello/domains", nil).want(200)
	same(t, "its own", []any{own.at(0, "hostname"), own.at(0, "kind"), own.at(0, "cname")}, []any{"hello.localhost", "heroku", nil})
	same(t, "stable", w.do("GET", "/apps/hello/domains", nil).raw, own.raw)
	made := w.do("POST", "/apps/hello/domains", object{"hostname": "WWW.example.com", "sni_endpoint": nil}).want(201)
	same(t, "added", []any{made.at("hostname"), made.at("kind"), made.at("cname"), made.at("status")}, []any{"www.example.com", "custom", "hello.localhost", "none"})
	w.do("POST", "/apps/hello/domains", object{"hostname": "*.example.org"}).want(201)
	same(t, "all", w.do("GET", "/apps/hello/domains", nil, header("Range", "hostname ..")).want(200).each("hostname"),
		[]any{"*.example.org", "hello.localhost", "www.example.com"})
	for _, ref := range []string{made.text("id"), "www.example.com", "WWW.example.com"} {
		same(t, ref, w.do("GET", "/apps/hello/domains/"+ref, nil).want(200).body, made.body)
	}
	same(t, "encoded", w.do("GET", "/apps/hello/domains/%2A.example.org", nil).want(200).text("hostname"), "*.example.org")
	w.do("POST", "/apps/hello/domains", object{"hostname": "www.example.com"}).refused(409, "conflict", "www.example.com")
	w.do("POST", "/apps/hello/domains", object{"hostname": "http://x.example.com/"}).refused(422, "invalid_params", "host name")
	w.do("POST", "/apps/hello/domains", object{}).refused(422, "invalid_params", "hostname")
	w.do("POST", "/apps/hello/domains", object{"hostname": "a.example.com", "sni_endpoint": "x"}).refused(422, "invalid_params", "SNI")
	w.do("DELETE", "/apps/hello/domains/hello.localhost", nil).refused(403, "forbidden", "own address")
	w.do("DELETE", "/apps/hello/domains/none.example.com", nil).refused(404, "not_found", "none.example.com")
	w.do("GET", "/apps/hello/domains/a%2Fb", nil).refused(404, "not_found", "a/b")
	same(t, "removed", w.do("DELETE", "/apps/hello/domains/"+made.text("id"), nil).want(200).text("hostname"), "www.example.com")
}

func TestLogSessions(t *testing.T) {
	w := newWorld(t)
	w.do("POST", "/apps", object{"name": "hello"}).want(201)
	url := func(body any) string {
		return w.do("POST", "/apps/hello/log-sessions", body).want(201).text("logplex_url")
	}
	for want, body := range map[string]any{
		"lines=100&dyno=": nil, "lines=5&dyno=web": object{"lines": 5, "dyno": "web", "tail": true}, "lines=1500&dyno=web.1": object{"lines": 99999, "type": "web.1"},
		"lines=1&dyno=web.2": object{"lines": 1, "dyno_name": "web.2"},
	} {
		if got := url(body); !strings.HasSuffix(got, want) {
			t.Errorf("%v: %s, want %s", body, got, want)
		}
	}
	w.do("POST", "/apps/hello/log-sessions", object{"lines": 0}).refused(422, "invalid_params", "lines")
	w.do("POST", "/apps/hello/log-sessions", object{"lines": "5"}).refused(422, "invalid_params", "lines")
	w.do("POST", "/apps/hello/log-sessions", object{"source": "elsewhere"}).refused(422, "invalid_params", "elsewhere")
}

func TestCatalog(t *testing.T) {
	w := newWorld(t)
	same(t, "stacks", w.do("GET", "/stacks", nil).want(200).each("name"), []any{"dynomad"})
	sizes := w.do("GET", "/dyno-sizes", nil).want(200)
	if names := sizes.each("name"); len(names) != len(w.platform.Target.Sizes) {
		t.Errorf("sizes: %v", names)
	}
	for i, smaller := 1, sizes.at(0, "memory").(float64); i < len(sizes.body.([]any)); i++ {
		if here := sizes.at(i, "memory").(float64); here < smaller {
			t.Errorf("sizes are not in order: %s", sizes.raw)
		}
	}
}
