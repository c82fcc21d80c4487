package router

import (
	"bytes"
	"strings"
	"testing"

	"github.com/fabiolb/fabio/route"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func instance(service, address string, tags ...string) Instance {
	return Instance{Service: service, Address: address, Datacenter: "dc1", Tags: tags}
}

func TestTagsAreReadAsFabioDoes(t *testing.T) {
	for tag, want := range map[string]string{
		"urlprefix-app.example/":                              `route add svc app.example/ http://10.0.0.1:80/ tags "plain"`,
		"  urlprefix-App.EXAMPLE/Path/x ":                     `route add svc app.example/Path/x http://10.0.0.1:80/ tags "plain"`,
		"urlprefix-app.example":                               `route add svc app.example http://10.0.0.1:80/ tags "plain"`,
		"urlprefix-/":                                         `route add svc / http://10.0.0.1:80/ tags "plain"`,
		"urlprefix-/api weight=0.25":                          `route add svc /api http://10.0.0.1:80/ weight 0.25 tags "plain"`,
		"urlprefix-a.example/ proto=https":                    `route add svc a.example/ https://10.0.0.1:80 tags "plain"`,
		"urlprefix-$DC.example/ strip=/x  prepend=/y":         `route add svc dc1.example/ http://10.0.0.1:80/ tags "plain" opts "strip=/x prepend=/y"`,
		"urlprefix-${X}a.example/$DC host=dst":                `route add svc a.example/dc1 http://10.0.0.1:80/ tags "plain" opts "host=dst"`,
		"urlprefix-a.example/ redirect=301,https://b$path":    `route add svc a.example/ https://b$path tags "plain" opts "redirect=301"`,
		"urlprefix-a.example/ allow=ip:10.0.0.0/8,ip:fe80::1": `route add svc a.example/ http://10.0.0.1:80/ tags "plain" opts "allow=ip:10.0.0.0/8,ip:fe80::1"`,
	} {
		lines, problems := instance("svc", "10.0.0.1:80", "plain", tag).Lines()
		if len(problems) > 0 || len(lines) != 1 {
			t.Errorf("%q gave %d lines and the problems %v", tag, len(lines), problems)
			continue
		}
		if lines[0].Text != want {
			t.Errorf("%q:\n got %s\nwant %s", tag, lines[0].Text, want)
		}
	}
}

func TestBadTagCostsOnlyItself(t *testing.T) {
	for tag, want := range map[string]string{
		"urlprefix-foo/[":                         "unexpected end",
		"urlprefix-[a/":                           "unexpected end",
		"urlprefix-":                              "names no host",
		"urlprefix-:1234 proto=tcp":               "TCP",
		"urlprefix-a/ proto=tcp":                  "carries HTTP",
		"urlprefix-a/ proto=grpc":                 "carries HTTP",
		"urlprefix-a/ weight=lots":                "not in Fabio's route language",
		"urlprefix-a/ weight=Inf":                 "share of the traffic",
		"urlprefix-a/ weight=NaN":                 "share of the traffic",
		"urlprefix-a/ redirect=301":               "CODE,URL",
		"urlprefix-a/ redirect=200,https://b/":    "CODE,URL",
		"urlprefix-a/ redirect=x,https://b/":      "CODE,URL",
		"urlprefix-a/ allow=ip:nowhere":           "failed to parse IP",
		"urlprefix-a/ allow=ip:1.1.1.1 deny=ip:2": "not supported",
		"urlprefix-a/ strip=\"":                   "not in Fabio's route language",
		"urlprefix-a/\nroute del other":           "control character",
	} {
		lines, problems := instance("svc", "10.0.0.1:80", "urlprefix-good.example/", tag).Lines()
		if len(lines) != 1 || lines[0].Host != "good.example" {
			t.Errorf("%q: the good tag beside it gave %v", tag, lines)
		}
		if len(problems) != 1 || !strings.Contains(problems[0].Error(), want) {
			t.Errorf("%q: problems %v, want one about %q", tag, problems, want)
		}
	}
}

func TestUnheededOptionsAreToldAndTheRouteKept(t *testing.T) {
	for _, tag := range []string{"urlprefix-a/ sticky=true", "urlprefix-a/ auth=basic"} {
		lines, problems := instance("svc", "10.0.0.1:80", tag).Lines()
		if len(lines) != 1 || len(problems) != 1 {
			t.Errorf("%q gave lines %v, problems %v", tag, lines, problems)
		}
	}
}

// Whatever a tag says: each line that is taken is one line of Fabio's language, means the same there, and fits any table.
func TestAnyTagIsOneRouteOrNone(t *testing.T) {
	word := rapid.SampledFrom([]string{
		"a.example", "*.example", "A", "/", "/x", "[", "{a,b}", "?", "*", "!", `\`, "$DC", "${", " ", "strip=/x", "weight=", "0.5", "-1",
		"redirect=", "302,", "https://b", "$path", "proto=https", "host=dst", "allow=ip:", "10.0.0.0/8", "\"", "\n", "\t", ",", ":", "é", "\x80",
	})
	rapid.Check(t, func(t *rapid.T) {
		tag := tagPrefix + strings.Join(rapid.SliceOfN(word, 0, 8).Draw(t, "words"), "")
		lines, problems := instance("svc", "10.0.0.1:80", "x", tag).Lines()
		if len(lines) > 1 || (len(lines) == 0 && len(problems) != 1) {
			t.Fatalf("%q gave %d lines and %v", tag, len(lines), problems)
		}
		for _, line := range lines {
			defs, err := route.Parse(bytes.NewBufferString(line.Text))
			if err != nil || len(defs) != 1 || !cmp.Equal(*defs[0], line.Def) {
				t.Fatalf("%q: Fabio reads %q as %v, %v", tag, line.Text, defs, err)
			}
			routes := NewRoutes()
			if err := set(routes, map[string][]Line{"svc": lines}); err != nil {
				t.Fatalf("%q spoils its table: %v", tag, err)
			}
			for range routes.Table().match("a.example:80", "/x/y") {
				break
			}
		}
	})
}

func TestDynoNames(t *testing.T) {
	for _, c := range []struct {
		meta map[string]string
		want Dyno
	}{
		{map[string]string{"app": "hello", "type": "web", "index": "0", "release": "v12"}, Dyno{"hello", "web.1", "v12"}},
		{map[string]string{"app": "hello", "type": "web", "index": "${NOMAD_ALLOC_INDEX}"}, Dyno{"hello", "web", ""}},
		{map[string]string{"app": "hello", "index": "3"}, Dyno{"hello", "", ""}},
		{nil, Dyno{}},
	} {
		if diff := cmp.Diff(c.want, dynoOf(c.meta)); diff != "" {
			t.Errorf("%v: %s", c.meta, diff)
		}
	}
}
