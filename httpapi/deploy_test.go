package httpapi_test

import (
	"bytes"
	"strings"
	"testing"
)

func TestDeployByBuild(t *testing.T) {
	w := newWorld(t)
	w.do("POST", "/apps", object{"name": "hello"}).want(201)
	id := w.deploy("hello", "Procfile", procfile, "server", "#!/bin/sh")
	build := w.do("GET", "/apps/hello/builds/"+id, nil).want(200)
	same(t, "status", []any{build.at("status"), build.at("stack")}, []any{"succeeded", "dynomad"})
	same(t, "commit", build.text("source_blob", "version"), "582fc95")
	same(t, "builds", w.do("GET", "/apps/hello/builds", nil, header("Range", "created_at ..; max=10, order=desc")).want(200).each("id"), []any{id})
	output := w.do("GET", build.text("output_stream_url"), nil, auth("")).want(200)
	if want := "       Procfile declares types: web, worker\n"; !strings.Contains(output.raw, want) || !strings.HasSuffix(output.raw, "Released v2\n") {
		t.Errorf("the build says %q", output.raw)
	}
	release := w.do("GET", "/apps/hello/releases/"+build.text("release", "id"), nil).want(200)
	same(t, "release", []any{release.at("version"), release.at("status"), release.at("current"), release.at("description")},
		[]any{2.0, "succeeded", true, "Deploy 582fc95"})
	if log := w.do("GET", release.text("output_stream_url"), nil, auth("")).want(200).raw; !strings.HasSuffix(log, "v2 is live\n") {
		t.Errorf("the release says %q", log)
	}
	slug := w.do("GET", "/apps/hello/slugs/"+build.text("slug", "id"), nil).want(200)
	same(t, "process types", slug.at("process_types"), any(object{"web": "./server -p $PORT", "worker": "./work"}))
	if !strings.HasPrefix(slug.text("checksum"), "SHA256:") || slug.text("blob", "method") != "get" {
		t.Error(slug.raw)
	}
	w.do("GET", slug.text("blob", "url"), nil, auth("")).want(200)
}

func TestBuildsThatAreRefused(t *testing.T) {
	w := newWorld(t)
	w.do("POST", "/apps", object{"name": "hello"}).want(201)
	id := w.deploy("hello", "Procfile", "???", "../evil", "")
	build := w.do("GET", "/apps/hello/builds/"+id, nil).want(200)
	same(t, "a failed build", []any{build.at("status"), build.at("slug"), build.at("release")}, []any{"failed", nil, nil})
	output := w.do("GET", build.text("output_stream_url"), nil, auth("")).want(200).raw
	for _, part := range []string{"../evil", "Procfile:1:1", "Build failed"} {
		if !strings.Contains(output, part) {
			t.Errorf("no %q in %q", part, output)
		}
	}
	w.do("POST", "/apps/hello/builds", object{}).refused(422, "invalid_params", "source_blob.url")
	w.do("POST", "/apps/hello/builds", object{"source_blob": object{"url": "http://example.com/x.tgz"}}).refused(422, "invalid_params", "not uploaded here")
	w.do("POST", "/apps/hello/builds", object{"source_blob": "x"}).refused(422, "invalid_params", "source_blob")
	source := w.do("POST", "/apps/hello/sources", nil).want(201)
	warned := w.do("POST", "/apps/hello/builds", object{"source_blob": object{"url": source.text("source_blob", "get_url"), "checksum": "SHA256:0"}}).want(201)
	if warned.header.Get("X-Heroku-Warning") == "" {
		t.Error("a checksum is ignored in silence")
	}
	w.do("GET", "/apps/hello/builds/none", nil).refused(404, "not_found", "none")
	w.do("GET", "/apps/hello/slugs/none", nil).refused(404, "not_found", "none")
}

func TestDeployBySlug(t *testing.T) {
	w := newWorld(t)
	w.do("POST", "/apps", object{"name": "hello"}).want(201)
	slug := w.do("POST", "/apps/hello/slugs", object{"process_types": object{"web": "./server -p $PORT"}, "commit": "abc"}).want(201)
	same(t, "method", slug.text("blob", "method"), "put")
	w.do("POST", "/apps/hello/releases", object{"slug": slug.at("id")}).refused(422, "invalid_params", "not been uploaded")
	w.do("PUT", slug.text("blob", "url"), bytes.NewReader(tarball(t, "server", "#!/bin/sh")), auth("")).want(200)
	released := w.do("POST", "/apps/hello/releases", object{"slug": slug.at("id"), "description": "by hand"}).want(201)
	same(t, "description", released.text("description"), "by hand")
	hostile := w.do("POST", "/apps/hello/slugs", object{"process_types": object{"web": "./server"}}).want(201)
	w.do("PUT", hostile.text("blob", "url"), bytes.NewReader(tarball(t, "../server", "#!/bin/sh")), auth("")).want(200)
	w.do("POST", "/apps/hello/releases", object{"slug": hostile.at("id")}).refused(422, "invalid_params", "leads out of the archive")
	w.settle()
	same(t, "dynos", w.do("GET", "/apps/hello/dynos", nil).want(200).each("name"), []any{"web.1"})

	w.do("POST", "/apps/hello/slugs", object{}).refused(422, "invalid_params", "process type")
	w.do("POST", "/apps/hello/slugs", object{"process_types": object{"we b": "x"}}).refused(422, "invalid_params", "we b")
	w.do("POST", "/apps/hello/slugs", object{"process_types": object{"web": "x"}, "stack": "cedar-14"}).refused(422, "invalid_params", "stack")
	w.do("POST", "/apps/hello/releases", object{"slug": "none"}).refused(404, "not_found", "none")
	forged := "x by me\nScale to web=9"
	w.do("POST", "/apps/hello/releases", object{"slug": slug.at("id"), "description": forged}).refused(422, "invalid_params", "one line")
	w.do("POST", "/apps/hello/slugs", object{"process_types": object{"web": "x"}, "commit": forged}).refused(422, "invalid_params", "one line")
	w.do("POST", "/apps/hello/builds", object{"source_blob": object{"url": "x", "version": forged}}).refused(422, "invalid_params", "one line")
	w.do("POST", "/oauth/authorizations", object{"description": "\x1b[2J"}).refused(422, "invalid_params", "one line")
}

func TestReleases(t *testing.T) {
	w := newWorld(t)
	w.do("POST", "/apps", object{"name": "hello"}).want(201)
	w.deploy("hello", "Procfile", procfile)
	w.do("PATCH", "/apps/hello/config-vars", object{"A": "1"}).want(200)
	w.settle()
	all := w.do("GET", "/apps/hello/releases", nil).want(200)
	same(t, "versions", all.each("version"), []any{1.0, 2.0, 3.0})
	same(t, "eligible", all.each("eligible_for_rollback"), []any{false, true, true})
	for _, ref := range []string{"2", "v2", all.text(1, "id")} {
		same(t, ref, w.do("GET", "/apps/hello/releases/"+ref, nil).want(200).body, all.at(1))
	}
	back := w.do("POST", "/apps/hello/releases", object{"release": all.at(1, "id")}).want(201)
	same(t, "rollback", []any{back.at("version"), back.at("description")}, []any{4.0, "Rollback to v2"})
	w.settle()
	same(t, "its config", w.do("GET", "/apps/hello/config-vars", nil).body, any(object{}))

	w.do("GET", "/apps/hello/releases/9", nil).refused(404, "not_found", "9")
	w.do("POST", "/apps/hello/releases", object{}).refused(422, "invalid_params", "release or slug")
	w.do("POST", "/apps/hello/releases", object{"release": "1"}).refused(422, "invalid_params", "v1")
	w.do("POST", "/apps/hello/releases", object{"release": "1", "slug": "x"}).refused(422, "invalid_params", "one of them")
	w.do("POST", "/apps/hello/releases", object{"oci_image": "x"}).refused(422, "invalid_params", "images")
}

func TestAFailedReleaseSaysWhy(t *testing.T) {
	w := newWorld(t)
	w.do("POST", "/apps", object{"name": "hello"}).want(201)
	w.deploy("hello", "Procfile", procfile)
	w.deploy("hello", "Procfile", "web: exit 3 $PORT\n")
	failed := w.do("GET", "/apps/hello/releases/3", nil).want(200)
	same(t, "status", []any{failed.at("status"), failed.at("current"), failed.at("eligible_for_rollback")}, []any{"failed", false, false})
	if failed.text("reason") == "" {
		t.Error("no reason")
	}
	same(t, "current", w.do("GET", "/apps/hello/releases/2", nil).at("current"), any(true))
}
