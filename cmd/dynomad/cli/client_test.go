package cli

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/dynomad/dynomad"
)

// A bucket that is away is not taken for the control plane, and no capability reaches the terminal.
func TestUnreachableNamesWhatIsAway(t *testing.T) {
	c := &Client{base: "http://api.test:5000"}
	for address, want := range map[string]struct{ says, hint string }{
		"http://api.test:5000/apps?sig=secret":            {"the control plane at http://api.test:5000 cannot", "dynomad server"},
		"http://api.test:50001/blobs/x?op=put&sig=secret": {"http://api.test:50001, where the control plane sends us", "DYNOMAD_BUCKET_URL"},
	} {
		err := c.unreachable(t.Context(), &url.Error{Op: "Put", URL: address, Err: errors.New("refused")})
		if dynomad.KindOf(err) != dynomad.KindUnavailable || !strings.Contains(err.Error(), want.says) ||
			!strings.Contains(err.Error(), "refused") || !strings.Contains(dynomad.HintOf(err), want.hint) {
			t.Errorf("%s: %v, hint %q", address, err, dynomad.HintOf(err))
		}
		if strings.Contains(err.Error()+dynomad.HintOf(err), "secret") {
			t.Errorf("%s: the capability is told: %v", address, err)
		}
	}
}
