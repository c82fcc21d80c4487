package local

import (
	"maps"
	"slices"
	"strconv"

	"github.com/dynomad/dynomad"
)

const (
	defaultPort = 5000
	maxPort     = 65535
)

// environment joins layers, of which a later one wins: what the manifest says, what the .env file says, and what we decide.
// All of them go over the environment of this program, as `heroku local` and foreman have it.
func environment(layers ...map[string]string) []string {
	all := map[string]string{}
	for _, layer := range layers {
		maps.Copy(all, layer)
	}
	out := make([]string, 0, len(all))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		out = append(out, name+"="+all[name])
	}
	return out
}

// basePort is the port of the first process: the flag's, else PORT of the .env file, else that of the environment.
func basePort(flag int, dotenv map[string]string, getenv func(string) string) (int, error) {
	if flag != 0 {
		return checkPort(flag, "--port")
	}
	for _, source := range []struct{ value, name string }{{dotenv["PORT"], dotenvFile}, {getenv("PORT"), "the environment"}} {
		if source.value == "" {
			continue
		}
		port, err := strconv.Atoi(source.value)
		if err != nil {
			port = -1
		}
		return checkPort(port, "PORT of "+source.name)
	}
	return defaultPort, nil
}

func checkPort(port int, name string) (int, error) {
	if port < 1 || port > maxPort {
		return 0, dynomad.Errorf(dynomad.KindInvalid, "%s is no port", name).WithHint("use a number from 1 to %d", maxPort)
	}
	return port, nil
}
