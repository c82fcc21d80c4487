package adopt

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/source/tree"
)

// filled is what Compose fills in: $NAME, ${NAME}, ${NAME:-default} and its kin, and $$ for a $.
var filled = regexp.MustCompile(`\$(?:\$|([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)(?:(:?[-?+])([^}]*))?\})`)

// fill puts defaults in, and names the variables that have none.
func fill(text string) (out string, unset []string) {
	out = filled.ReplaceAllStringFunc(text, func(found string) string {
		parts := filled.FindStringSubmatch(found)
		switch {
		case found == "$$":
			return "$"
		case strings.HasSuffix(parts[3], "-"):
			return parts[4]
		case strings.HasSuffix(parts[3], "+"): // what stands there if it is set, which it is not
			return ""
		}
		if name := parts[1] + parts[2]; !slices.Contains(unset, name) {
			unset = append(unset, name)
		}
		return ""
	})
	return out, unset
}

// health makes a check of a healthcheck. Only what listens is checked here.
func (s *composing) health() {
	if s.check.Kind == tree.Absent {
		return
	}
	var check dynomad.Check
	off := false
	s.table(s.name+": healthcheck", s.check, taken{
		"test":         func(_, n tree.Node) { off = s.test(n, &check) || off },
		"disable":      func(_, n tree.Node) { off = off || n.Text == "true" },
		"interval":     func(_, n tree.Node) { check.Interval = s.duration(n, s.name+": interval", 0) },
		"timeout":      func(_, n tree.Node) { check.Timeout = s.duration(n, s.name+": timeout", 0) },
		"start_period": func(_, n tree.Node) { check.Grace = s.duration(n, s.name+": start_period", 0) },
	}, map[string]string{
		"retries":        "a dyno gets requests as long as its check passes; failures = N in the check starts it anew after so many",
		"start_interval": "interval is the same from the beginning",
	})
	switch {
	case off || check.Kind == nil:
	case s.process.Settings.Service == nil:
		s.warn(s.check, s.name+": its healthcheck is not taken over: it listens on no port", "a process with service = true and a port can have a check")
	default:
		s.process.Settings.Check = &check
	}
}

// local is a request to the container itself, as curl and wget make it in a healthcheck.
var local = regexp.MustCompile(`\b(?:curl|wget)\b.*\bhttp://(?:localhost|127\.0\.0\.1|0\.0\.0\.0)(?::([0-9]+))?(/[^\s'"|;&)]*)?`)

// test makes a check's kind of what Docker runs; true if there is to be none.
func (s *composing) test(n tree.Node, check *dynomad.Check) (off bool) {
	command := s.text(n)
	if n.Kind == tree.List && len(n.Items) > 0 {
		words := s.words(n, s.name+": test", s.text)
		switch words[0] {
		case "NONE":
			return true
		case "CMD-SHELL":
			command = strings.Join(words[1:], " ")
		case "CMD":
			command = join(words[1:])
		default:
			command = join(words)
		}
	}
	if parts := local.FindStringSubmatch(command); parts != nil && s.process.Settings.Port != nil {
		port := 80
		if parts[1] != "" {
			port, _ = strconv.Atoi(parts[1])
		}
		if port == *s.process.Settings.Port {
			check.Kind, check.Path = new("http"), new("/"+strings.TrimPrefix(parts[2], "/"))
			return false
		}
	}
	if command != "" {
		check.Kind, check.Command = new("script"), &command
	}
	return false
}
