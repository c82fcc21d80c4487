//go:build e2e

package translator_test

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/translator"
)

// Commands in which the shell, HCL, Nomad's own interpolation and its template language all see something to do. Only the
// shell may. The dyno has the config var V=value.
var nasty = []string{
	`printf %s "$V ${V} ${V:-none} ${W:-none} ${#V}"`,
	`printf %s '$V ${V} ${NOMAD_JOB_NAME} ${node.unique.name} ${env["V"]} ${attr.kernel.name}'`,
	`printf %s '$${V} $$${V} $$$${V} $${} ${} $ $$ ${'`,
	`printf %s%s '%{ if true } %%{ %%%{x} %{' "%{V}"`,
	`printf %s "$((1 + 2)) $(printf %s "$(echo inner)") ` + "`echo tick`" + `"`,
	`printf %s '{{ V }} {{{{ {{"{{"}} }} {{- x -}} {{/* no */}} [[ ]]'`,
	`printf %s 'back \ slash \n \\ \" \${V} \' "double \" \\ \$V"`,
	`printf %s "it's"' "quoted" '"'both'"`,
	"printf %s 'e\u0301 \u00e9 あいう ÁÈ 🚀 \u200e' # a comment",
	`V=other; export V; printf %s "$V" && sh -c 'printf %s "$V"' || echo no`,
	`printf 'a\nb\n' | tr a-z A-Z | { read a; read b; printf %s "$a-$b"; }`,
	`printf %s * ~ "~" ? [a] {a,b} !x ^ = ; printf %s <&0 2>&1 >&1`,
	`for i in 1 2 3; do printf %s $i; done; case $V in v*) printf %s case;; esac`,
	`printf %s 'tab	tab' "<a href='x'>&amp;</a>" \\ \# \;`,
	`printf %s "$0 $# $@"`,
	`if [ "$V" = value ]; then printf %s yes; else printf %s no; fi`,
	"cat <<'END'\n${V} {{ x }} %{\n  EOT\nEOT\nEND\nprintf done",
	`printf %s 'EOT' "<<EOT" '/* */ // --' "%s %d %%"`,
	`printf %s "` + strings.Repeat("long ", 4000) + `"`,
}

// TestCommandsReachTheShellByteForByte runs each command in a dyno and in a shell of this machine: the same must come out.
func TestCommandsReachTheShellByteForByte(t *testing.T) {
	client := nomad(t)
	eachDriver(t, func(t *testing.T, to translator.Target) {
		bp := dynomad.Blueprint{Release: dynomad.Release{Version: 1}, Config: dynomad.Config{"V": "value"}}
		want := map[string]string{}
		for i, command := range nasty {
			name := dynomad.ProcessType(fmt.Sprintf("p%02d", i))
			local := exec.Command("/bin/sh", "-c", command)
			local.Env, local.Dir = []string{"V=value", "HOME=/tmp", "PATH=/usr/bin:/bin"}, t.TempDir()
			expected, err := local.Output()
			if err != nil {
				t.Fatalf("%q does not even run here: %v", command, err)
			}
			want[string(name)] = strings.ReplaceAll(string(expected), "/tmp", "HOME")
			bp.Processes = append(bp.Processes, dynomad.Process{Type: name, Command: home(command) + "\necho; exec sleep 600", Settings: small()})
			bp.Formation = append(bp.Formation, dynomad.FormationEntry{Type: name, Quantity: 1})
		}
		id := run(t, client, bp, to)
		for _, alloc := range started(t, client, id, len(nasty)) {
			output(t, client, alloc, want[alloc.TaskGroup])
		}
	})
}

// home lets a command that prints ~ print the same everywhere.
func home(command string) string {
	if strings.Contains(command, " ~ ") {
		return "HOME=HOME\n" + command
	}
	return command
}

// small makes dynos of which many fit on a machine at once.
func small() dynomad.Settings {
	return dynomad.Settings{CPU: new(5), Memory: new(16)}
}

func started(t *testing.T, client *api.Client, id string, count int) []*api.AllocationListStub {
	t.Helper()
	var allocs []*api.AllocationListStub
	until(t, fmt.Sprintf("%d dynos have been placed", count), func() bool {
		allocs = allocations(t, client, id)
		return len(allocs) >= count
	})
	return allocs
}

// TestConfigVarsArriveByteForByte gives a dyno values that a file of settings could be broken by.
func TestConfigVarsArriveByteForByte(t *testing.T) {
	client := nomad(t)
	values := []string{
		"", " ", "'", `"`, `\`, `\n`, "a\nb\n", "\t", "$V ${V} $(id) `id`", "${NOMAD_JOB_ID}", "%{x}", "{{ .K }}", "#x", "a=b", "=",
		"é あ 🚀", "\x01\x7f", "<a>&", "\u2028", strings.Repeat("x", 30000),
	}
	eachDriver(t, func(t *testing.T, to translator.Target) {
		config := dynomad.Config{}
		command, want := "", ""
		for i, value := range values {
			name := fmt.Sprintf("N%d", i)
			config[name] = value
			command += fmt.Sprintf("printf '[%%s]' \"$%s\"\n", name)
			want += "[" + value + "]"
		}
		s := small()
		s.Env = map[string]string{"N0": "overruled by the config var", "M": "${NOT_NOMADS} $HOME {{ from the manifest }}"}
		bp := dynomad.Blueprint{
			Release: dynomad.Release{Version: 1}, Config: config, Formation: dynomad.Formation{{Type: "worker", Quantity: 1}},
			Processes: []dynomad.Process{{Type: "worker", Command: command + `echo "$M"; exec sleep 600`, Settings: s}},
		}
		id := run(t, client, bp, to)
		output(t, client, started(t, client, id, 1)[0], want+s.Env["M"])
	})
}
