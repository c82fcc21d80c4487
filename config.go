package dynomad

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// MaxConfigBytes bounds names and values of an app's config together, as Nomad bounds one Variable.
const MaxConfigBytes = 65536

// Config is an app's environment: names to values.
type Config map[string]string

var configName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// reserved names are set by the platform in every dyno; a config var of that name would be silently overruled or would
// overrule ours, so it is refused.
var reserved = []string{"PORT", "DYNO"}

// ValidConfigName refuses a name that a shell or the platform cannot carry.
func ValidConfigName(name string) error {
	switch {
	case !configName.MatchString(name):
		return Errorf(KindInvalid, "the config var name %q is not valid", name).
			WithHint("use letters, digits and underscores, not starting with a digit")
	case strings.HasPrefix(name, "__"), strings.HasPrefix(name, "NOMAD_"), strings.HasPrefix(name, "HEROKU_"), slices.Contains(reserved, name):
		return Errorf(KindInvalid, "the config var name %q is reserved", name).
			WithHint("PORT, DYNO and names starting with __, NOMAD_ or HEROKU_ are set by the platform; choose another name")
	}
	return nil
}

// Patch returns a copy of c with the changes applied: a nil value removes its name. The second result names what really
// changed, sorted: setting a value that it has already changes nothing.
func (c Config) Patch(changes map[string]*string) (Config, []string, error) {
	next := maps.Clone(c)
	if next == nil {
		next = Config{}
	}
	var changed []string
	for _, name := range slices.Sorted(maps.Keys(changes)) {
		value := changes[name]
		old, had := next[name]
		if value == nil {
			if had {
				delete(next, name)
				changed = append(changed, name)
			}
			continue
		}
		if err := ValidConfigName(name); err != nil {
			return nil, nil, err
		}
		if strings.ContainsRune(*value, 0) {
			return nil, nil, Errorf(KindInvalid, "the value of %s contains a NUL byte, which no environment can carry", name)
		}
		if !had || old != *value {
			next[name] = *value
			changed = append(changed, name)
		}
	}
	size := 0
	for name, value := range next {
		size += len(name) + len(value)
	}
	if size > MaxConfigBytes {
		return nil, nil, Errorf(KindInvalid, "the config would have %d bytes, more than the %d that Nomad holds for a task", size, MaxConfigBytes).
			WithHint("keep large values in a file or a bucket and configure its address")
	}
	return next, changed, nil
}
