package translator_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/cmd/dynomad/target"
	"github.com/dynomad/dynomad/hcl"
	"github.com/dynomad/dynomad/translator"
)

// anyBlueprint draws an app with some process types and crons in any order, with legal settings, and with config values
// that are 16 random bytes.
func anyBlueprint(t *rapid.T, driver string) dynomad.Blueprint {
	bp := dynomad.Blueprint{
		App:     dynomad.App{Name: anyApp.Draw(t, "app"), Maintenance: rapid.Bool().Draw(t, "maintenance")},
		Release: dynomad.Release{Version: anyVersion.Draw(t, "version"), Status: dynomad.ReleasePending},
		Config:  dynomad.Config{},
	}
	if rapid.Bool().Draw(t, "slug") {
		bp.Slug.URL = "http://127.0.0.1:5001/slug"
	}
	for i, kind := range rapid.SliceOfNDistinct(anyType, 1, 8, rapid.ID).Draw(t, "types") {
		p := dynomad.Process{Type: kind, Command: "x" + rapid.String().Draw(t, "command")}
		if i > 0 && rapid.IntRange(0, 3).Draw(t, "cron") == 0 {
			p.Settings = cronSettings(t)
		} else {
			p.Settings = dynoSettings(t, i, driver)
			bp.Formation = append(bp.Formation, dynomad.FormationEntry{Type: kind, Quantity: rapid.IntRange(0, 100).Draw(t, "quantity")})
		}
		commonSettings(t, &p.Settings, driver)
		bp.Processes = append(bp.Processes, p)
	}
	for i := range rapid.IntRange(0, 5).Draw(t, "vars") {
		bp.Config[fmt.Sprintf("VAR_%d", i)] = secret(t)
	}
	return bp
}

// maybe is one of some values, or nothing.
func maybe[T any](t *rapid.T, name string, values ...T) *T {
	if rapid.Bool().Draw(t, name+"?") {
		return nil
	}
	return new(rapid.SampledFrom(values).Draw(t, name))
}

func commonSettings(t *rapid.T, s *dynomad.Settings, driver string) {
	if rapid.Bool().Draw(t, "env") {
		s.Env = map[string]string{"FROM_MANIFEST": "no secret"}
	}
	s.Memory = maybe(t, "memory", 10, 64, 512)
	if rapid.Bool().Draw(t, "cores?") {
		s.Cores = maybe(t, "cores", 1, 2)
	} else {
		s.CPU = maybe(t, "cpu", 1, 500)
	}
	s.KillSignal = maybe(t, "signal", "SIGTERM", "SIGINT", "SIGUSR2")
	s.KillTimeout = maybe(t, "kill", 0, time.Second, 30*time.Second)
	s.Sidecar = maybe(t, "sidecar", "poststart", "prestart", "none")
	if rapid.Bool().Draw(t, "constraint") {
		s.Constraints = []dynomad.Constraint{
			{Attribute: new("${meta.x}"), Operator: maybe(t, "operator", "=", "!=", "regexp", ">="), Value: new("1")},
			{Operator: new("distinct_hosts")},
			{Attribute: new("${attr.y}"), Operator: new("is_set")},
		}
	}
	if rapid.Bool().Draw(t, "affinity") {
		s.Affinities = []dynomad.Affinity{{Attribute: new("${node.class}"), Value: new("a"), Weight: maybe(t, "weight", -100, -1, 1, 100)}}
	}
	if rapid.Bool().Draw(t, "exec") && s.Timeout == nil {
		s.Exec = []string{"bin/x", "${a} %{b} $$${c}", "'\"\\n\n"}
	}
	if driver == "docker" {
		s.MemoryMax = maybe(t, "memory_max", 3000, 6000)
		s.Image = maybe(t, "image", "example/x:1")
	}
	s.Restart = maybe(t, "restart", dynomad.Restart{Attempts: new(3)}, dynomad.Restart{Delay: new(time.Second), Interval: new(time.Minute)})
	s.Nomad = value(maybe(t, "nomad", json.RawMessage(`{"EphemeralDisk":{"SizeMB":200}}`), json.RawMessage(`[{"Tasks":[{"Leader":true}]},{"Meta":{"a":"b"}}]`)))
}

func value[T any](p *T) T {
	if p == nil {
		return *new(T)
	}
	return *p
}

func cronSettings(t *rapid.T) dynomad.Settings {
	return dynomad.Settings{
		Schedule: rapid.SliceOfN(rapid.SampledFrom([]string{"0 3 * * *", "*/5 * * * *", "@daily", "0 0 1 1 0"}), 1, 3).Draw(t, "schedule"),
		TimeZone: maybe(t, "zone", "Europe/Berlin", "UTC", "America/Argentina/Buenos_Aires"),
		Overlap:  maybe(t, "overlap", true, false),
		Timeout:  maybe(t, "timeout", time.Second, 90*time.Minute),
	}
}

func dynoSettings(t *rapid.T, i int, driver string) dynomad.Settings {
	s := dynomad.Settings{
		Surge:      maybe(t, "surge", true, false),
		Size:       maybe(t, "size", "eco", "Standard-2X", "performance-m"),
		Reschedule: maybe(t, "reschedule", dynomad.Reschedule{Delay: new(6 * time.Second)}),
		Disconnect: maybe(t, "disconnect", dynomad.Disconnect{LostAfter: new(time.Hour)}),
		Update:     maybe(t, "update", dynomad.Update{ProgressDeadline: new(time.Hour), HealthyDeadline: new(10 * time.Minute)}),
		DrainDelay: maybe(t, "drain", 0, time.Second),
	}
	if rapid.Bool().Draw(t, "service") {
		s.Service = new(true)
		s.Routes = []dynomad.Route{{Path: fmt.Sprintf("/p%d", i), Strip: maybe(t, "strip", true, false)}}
		s.Check = rapid.SampledFrom([]*dynomad.Check{
			nil,
			{Kind: new("http"), Path: new("/health")},
			{Kind: new("grpc"), GRPCService: new("x")},
			{Kind: new("grpc")},
			{Kind: new("script"), Command: new("true ${x} {{ y }}")},
			{Failures: new(3), Grace: new(time.Minute)},
		}).Draw(t, "check")
	}
	if rapid.Bool().Draw(t, "spread") {
		s.Spreads = rapid.SampledFrom([][]dynomad.Spread{{}, {{Attribute: new("${node.datacenter}"), Weight: new(50), Targets: []dynomad.SpreadTarget{{Value: "a", Percent: new(30)}}}}}).Draw(t, "spreads")
	}
	if driver != "raw_exec" && rapid.Bool().Draw(t, "volume") {
		s.Surge = nil
		s.Volumes = []dynomad.Volume{
			{Name: "data", Type: new("host"), Source: new("uploads"), Destination: new("/data"), ReadOnly: maybe(t, "read", true, false)},
			{Name: "disk", Type: new("csi"), Destination: new("/disk"), PerAlloc: new(true), AccessMode: new("single-node-writer"), AttachmentMode: new("file-system")},
		}
	}
	return s
}

// anySettings fills a struct of settings at random, with good values and bad ones.
func anySettings(t *rapid.T, into reflect.Value) {
	for i := range into.NumField() {
		field := into.Field(i)
		if rapid.IntRange(0, 15).Draw(t, "set") != 7 && field.Kind() != reflect.String {
			continue
		}
		anyValue(t, field)
	}
}

func anyValue(t *rapid.T, v reflect.Value) {
	words := []string{"", "a", "/", "/x", "tcp", "http", "script", "grpc", "host", "csi", "SIGTERM", "poststart", "none", "regexp", "(", "1", "${meta.x}", "standard-1x", "@daily", "UTC", "e\u0301"}
	switch {
	case v.Type() == reflect.TypeFor[json.RawMessage]():
		v.SetBytes([]byte(rapid.SampledFrom([]string{"{}", "null", "[]", "7", "[null,{}]", `{"Networks":[{"ReservedPorts":[{"Label":"x","Value":1}]}]}`, `{"Tasks":[{"Driver":"java"}]}`, `{"Nope":1}`, "{"}).Draw(t, "nomad")))
	case v.Type() == reflect.TypeFor[time.Duration]():
		v.SetInt(rapid.SampledFrom([]int64{-1, 0, 1, int64(time.Second), int64(time.Hour), 1 << 62}).Draw(t, "time"))
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		anyValue(t, v.Elem())
	case v.Kind() == reflect.Struct:
		anySettings(t, v)
	case v.Kind() == reflect.Slice:
		n := rapid.IntRange(0, 2).Draw(t, "length")
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			anyValue(t, v.Index(i))
		}
	case v.Kind() == reflect.Map:
		v.Set(reflect.ValueOf(map[string]string{rapid.SampledFrom(words).Draw(t, "name"): "x"}))
	case v.Kind() == reflect.String:
		v.SetString(rapid.SampledFrom(words).Draw(t, "word"))
	case v.Kind() == reflect.Int:
		v.SetInt(rapid.SampledFrom([]int64{-1, 0, 1, 50, 1000, 1 << 40}).Draw(t, "number"))
	case v.Kind() == reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, "flag"))
	}
}

// Whatever the settings say, there are either problems in words or jobs that can be printed, and never a crash.
func TestAnySettings(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		to := localTo(t, rapid.SampledFrom([]string{"raw_exec", "exec", "docker", ""}).Draw(t, "driver"))
		bp := dynomad.Blueprint{App: dynomad.App{Name: "hello"}, Release: dynomad.Release{Version: 1}}
		for _, kind := range rapid.SliceOfN(rapid.SampledFrom([]dynomad.ProcessType{"web", "worker", "release", "cron", "x"}), 1, 4).Draw(t, "types") {
			var s dynomad.Settings
			anySettings(t, reflect.ValueOf(&s).Elem())
			bp.Processes = append(bp.Processes, dynomad.Process{Type: kind, Command: "x", Settings: s})
			bp.Formation = append(bp.Formation, dynomad.FormationEntry{Type: kind, Quantity: rapid.IntRange(0, 5).Draw(t, "quantity")})
		}
		check := func(bundle translator.Bundle, problems dynomad.Problems) {
			if (problems.Err() != nil) != (len(bundle.Jobs) == 0) {
				t.Errorf("%d jobs, and %v", len(bundle.Jobs), problems)
			}
			for _, p := range problems {
				if p.Message == "" {
					t.Errorf("a problem without words: %+v", p)
				}
			}
			for _, job := range bundle.Jobs {
				hcl.FormatJob(job)
			}
		}
		bundle, problems := translator.Translate(bp, to)
		if !slices.ContainsFunc(bp.Processes, func(p dynomad.Process) bool { return p.Type != dynomad.ReleasePhase || p.Scheduled() }) {
			return // nothing but a release phase is no job
		}
		check(bundle, problems)
		check(translator.TranslateRun(bp, to, translator.Run{Name: "run.1", Template: "run", Command: "x", Settings: bp.Processes[0].Settings}))
	})
}

// localTo is the target of this machine for a driver, with everything allowed that anyBlueprint asks for.
func localTo(t interface{ Fatal(args ...any) }, driver string) translator.Target {
	to, err := target.Default(driver, "localhost", 8080)
	if err != nil {
		t.Fatal(err)
	}
	to.Agent = &translator.Agent{URL: "http://127.0.0.1:5001/agent", SHA256: strings.Repeat("ab", 32), Logplex: "http://127.0.0.1:5000"}
	to.Allow.HostVolumes = []string{"uploads"}
	return to
}

// eachIsolation are the drivers, of which a property is to hold for each.
var eachIsolation = []string{"raw_exec", "exec", "docker"}

// anyTranslation draws a Blueprint and the Target of a driver for it.
func anyTranslation(t *rapid.T) (dynomad.Blueprint, translator.Target) {
	driver := rapid.SampledFrom(eachIsolation).Draw(t, "driver")
	return anyBlueprint(t, driver), localTo(t, driver)
}
