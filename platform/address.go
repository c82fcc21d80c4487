package platform

import (
	"net"
	"strconv"

	"github.com/dynomad/dynomad"
)

// WebURL is where people reach an app's web dynos under the platform's own domain, with a slash at its end.
func (p *Platform) WebURL(app dynomad.AppName) string {
	host := string(app) + "." + p.Target.Domain
	switch p.Target.EdgePort {
	case 0, 80:
		return "http://" + host + "/"
	case 443:
		return "https://" + host + "/"
	default:
		return "http://" + net.JoinHostPort(host, strconv.Itoa(p.Target.EdgePort)) + "/"
	}
}
