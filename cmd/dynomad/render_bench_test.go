package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// BenchmarkRender times whole processes that make the same job of one app: ours from a Procfile and a manifest, and the
// peers' from templates of that job in which two numbers are variables. They take turns, so that a busy machine is as busy for
// each; the figures to look at are the ratios of the medians. It needs bin/dynomad, and a peer's program by name on the PATH or in
// the variable LEVANT or NOMAD_PACK; a peer that is not there is left out and said so.
func BenchmarkRender(b *testing.B) {
	dir := b.TempDir()
	ours := translateCommand(b, filepath.Join(dir, "hello"))
	want, err := command(ours).Output()
	if err != nil {
		b.Fatalf("%v: %v (make build makes it)", ours, err)
	}
	contestants := map[string][]string{"ours": ours}
	for name, prepare := range map[string]func(*testing.B, string, string) []string{"levant": levant, "nomad-pack": nomadPack} {
		program := peer(name)
		if program == "" {
			b.Logf("%s is not here and is left out: name its program in %s", name, variable(name))
			continue
		}
		args := append([]string{program}, prepare(b, filepath.Join(dir, name), string(want))...)
		contestants[name] = args
		if out, err := command(args).CombinedOutput(); err != nil || !bytes.Contains(out, bytes.TrimSpace(want)) {
			b.Fatalf("%s does not make our job: %v\n%s", name, err, out)
		}
	}
	times := map[string][]time.Duration{}
	for b.Loop() {
		for name, args := range contestants {
			start := time.Now()
			if err := command(args).Run(); err != nil {
				b.Fatal(err)
			}
			times[name] = append(times[name], time.Since(start))
		}
	}
	b.ReportMetric(0, "ns/op")
	for name := range contestants {
		b.ReportMetric(float64(median(times[name]).Microseconds())/1000, name+"-ms")
		if name != "ours" {
			b.ReportMetric(float64(median(times["ours"]))/float64(median(times[name])), "ours/"+name)
		}
	}
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}

func command(args []string) *exec.Cmd {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), "HOME="+os.TempDir()) // nomad-pack looks for its cache there
	return cmd
}

func variable(peer string) string { return strings.ToUpper(strings.ReplaceAll(peer, "-", "_")) }

func peer(name string) string {
	if program := os.Getenv(variable(name)); program != "" {
		return program
	}
	program, err := exec.LookPath(name)
	if err != nil {
		return ""
	}
	return program
}

func translateCommand(b *testing.B, dir string) []string {
	b.Helper()
	write(b, dir, map[string]string{
		"Procfile":    "web: ./server -p $PORT\nworker: ./work\n",
		"dynomad.hcl": "process \"web\" {\n  quantity = 2\n  memory   = 256\n}\n\nprocess \"worker\" {\n  quantity = 1\n}\n",
	})
	program, err := filepath.Abs("../../bin/dynomad")
	if err != nil {
		b.Fatal(err)
	}
	return []string{program, "translate", dir}
}

// levant fills in what stands in [[ ]].
func levant(b *testing.B, dir, job string) []string {
	b.Helper()
	write(b, dir, map[string]string{
		"job.nomad": parametrized(job, "[[ .count ]]", "[[ .memory ]]"),
		"vars.json": `{"count": 2, "memory": 256}`,
	})
	return []string{"render", "-var-file", filepath.Join(dir, "vars.json"), filepath.Join(dir, "job.nomad")}
}

func nomadPack(b *testing.B, dir, job string) []string {
	b.Helper()
	write(b, dir, map[string]string{
		"metadata.hcl":            "app {\n  url = \"\"\n}\npack {\n  name = \"hello\"\n  description = \"an app\"\n  version = \"0.0.1\"\n}\n",
		"variables.hcl":           "variable \"count\" {\n  type = number\n  default = 2\n}\nvariable \"memory\" {\n  type = number\n  default = 256\n}\n",
		"templates/app.nomad.tpl": parametrized(job, `[[ var "count" . ]]`, `[[ var "memory" . ]]`),
	})
	return []string{"render", dir}
}

// parametrized is a job's text with its first count and memory taken out.
func parametrized(job, count, memory string) string {
	for name, value := range map[string]string{"count": count, "memory": memory} {
		i := strings.Index(job, "\n") // past the job's header
		at := i + strings.Index(job[i:], name+" ")
		end := at + strings.Index(job[at:], "\n")
		equals := at + strings.Index(job[at:end], "=")
		job = fmt.Sprintf("%s= %s%s", job[:equals], value, job[end:])
	}
	return job
}

func write(b *testing.B, dir string, files map[string]string) {
	b.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			b.Fatal(err)
		}
	}
}
