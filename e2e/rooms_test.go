//go:build e2e

package e2e

import (
	"os"
	"os/exec"
	"testing"

	"github.com/dynomad/dynomad/internal/devcluster"
)

// Rooms that speak to Nomad have tests of their own against the real thing, which find it by the variables that Nomad's and
// Consul's own programs read. The adapter and all above it have just the rights of Dynomad's server; the translator's tests
// also run jobs of their own and read what they print, with the operator's.
func TestRoomsAgainstTheRealCluster(t *testing.T) {
	c := shared.cluster(t)
	operator := []string{"NOMAD_TOKEN=" + c.Tokens.NomadManagement, "CONSUL_HTTP_TOKEN=" + c.Tokens.ConsulManagement}
	for room, rights := range map[string][]string{
		"adopt": operator, "agent": operator, "cluster": nil, "cmd/dynomad/doctor": nil, "hcl": operator, "platform": nil,
		"translator": operator,
	} {
		t.Run(room, func(t *testing.T) {
			args := []string{"test", "-tags", "e2e", "-count", "1", "-parallel", "6", "-v"}
			if room == "translator" && shared.driver == "docker" { // what a driver makes a difference to
				args = append(args, "-run", "TestCommands|TestConfigVars|TestDyno|TestSlug")
			}
			cmd := exec.CommandContext(t.Context(), "go", append(args, "./"+room)...)
			cmd.Dir = ".."
			cmd.Env = append(os.Environ(), append(c.Env(), "DYNOMAD_DRIVER="+shared.driver)...)
			cmd.Env = append(cmd.Env, rights...)
			if shared.docker.Endpoint != "" {
				cmd.Env = append(cmd.Env, "DOCKER_HOST="+shared.docker.Endpoint, "DYNOMAD_STACK_IMAGE="+devcluster.StackImage)
			}
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}
