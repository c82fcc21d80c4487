package cluster_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/translator"
)

// Nomad does not list a deployment: it has forgotten it, has only just made it, or never made one.
func TestDeploymentNotListed(t *testing.T) {
	made := `{"ID": "d1", "JobID": "hello", "Status": "running", "JobSpecModifyIndex": 9,
		"TaskGroups": {"web": {"DesiredTotal": 2, "PlacedAllocs": 2, "HealthyAllocs": 1}}}`
	for _, test := range []struct {
		name, evaluations, deployment string
		status                        translator.DeploymentStatus
		kind                          dynomad.Kind
	}{
		{"forgotten", `[{"JobModifyIndex": 9, "DeploymentID": "d1"}]`, "", translator.DeploymentFailed, ""},
		{"just made", `[{"JobModifyIndex": 9, "DeploymentID": "d1"}]`, made, translator.DeploymentRunning, ""},
		{"not made yet", `[{"JobModifyIndex": 9}, {"JobModifyIndex": 7, "DeploymentID": "d0"}]`, "", "", dynomad.KindNotFound},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := against(t, func(w http.ResponseWriter, r *http.Request) {
				switch {
				case r.URL.Path == "/v1/job/hello/deployments":
					_, _ = io.WriteString(w, "[]")
				case r.URL.Path == "/v1/job/hello/evaluations":
					_, _ = io.WriteString(w, test.evaluations)
				case r.URL.Path == "/v1/deployment/d1" && test.deployment != "":
					_, _ = io.WriteString(w, test.deployment)
				default:
					http.Error(w, "deployment not found", http.StatusNotFound)
				}
			})
			d, err := c.Deployment(t.Context(), "hello", 9)
			if d.Status != test.status || dynomad.KindOf(err) != test.kind {
				t.Errorf("the deployment is %+v, %v", d, err)
			}
			if (d.Reason != "") != (test.status == translator.DeploymentFailed) {
				t.Errorf("the reason is %q", d.Reason)
			}
		})
	}
}
