package devcluster

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/templates"
)

// AgentJob is the job whose tasks may read which dynos run, by the policy dynomad-agent. The ~ keeps it apart from every app:
// no app's name can contain one.
const AgentJob = "dynomad~agent"

// openNomad waits for the Nomad server, makes Dynomad's namespace and policies, and its server's token. It may run any
// number of times, and brings old policies up to the text of today.
func (c *Cluster) openNomad(ctx context.Context) error {
	client, err := c.nomadClient()
	if err != nil {
		return err
	}
	if err := c.waitNomad(ctx, client); err != nil {
		return err
	}
	if err := c.wait(ctx, c.Server.Nomad, "Nomad to know its management token", func(ctx context.Context) error {
		return c.bootstrapNomad(ctx, client)
	}); err != nil {
		return err
	}
	if err := c.ensureNamespace(ctx, client); err != nil {
		return err
	}
	if err := ensureNomadPolicy(ctx, client, "dynomad-server", nil); err != nil {
		return err
	}
	job := &api.JobACL{Namespace: Namespace, JobID: AgentJob}
	if err := ensureNomadPolicy(ctx, client, "dynomad-agent", job); err != nil {
		return err
	}
	return c.ensureNomadToken(ctx, client)
}

func (c *Cluster) nomadClient() (*api.Client, error) {
	client, err := api.NewClient(&api.Config{Address: c.NomadAddr(), SecretID: c.Tokens.NomadManagement})
	if err != nil {
		return nil, dynomad.Errorf(dynomad.KindInternal, "preparing to speak to Nomad: %w", err)
	}
	return client, nil
}

// waitLeaders returns when both servers have a leader.
func (c *Cluster) waitLeaders(ctx context.Context) error {
	consul, err := c.consulClient()
	if err != nil {
		return err
	}
	if err := c.wait(ctx, c.Server.Consul, "Consul to elect a leader", func(ctx context.Context) error {
		return consulLeader(ctx, consul)
	}); err != nil {
		return err
	}
	nomad, err := c.nomadClient()
	if err != nil {
		return err
	}
	return c.waitNomad(ctx, nomad)
}

// waitNomad returns when Nomad has a leader that has a key to sign identities with: a client that registers before is turned
// away, and waits long before it tries again.
func (c *Cluster) waitNomad(ctx context.Context, client *api.Client) error {
	return c.wait(ctx, c.Server.Nomad, "Nomad to elect a leader and make its keys", func(ctx context.Context) error {
		var keys struct {
			Keys []json.RawMessage `json:"keys"`
		}
		if _, err := client.Status().Leader(); err != nil {
			return err
		}
		if err := getJSON(ctx, c.NomadAddr()+"/.well-known/jwks.json", &keys); err != nil {
			return err
		}
		if len(keys.Keys) == 0 {
			return dynomad.Errorf(dynomad.KindUnavailable, "no keys yet")
		}
		return nil
	})
}

func getJSON(ctx context.Context, url string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return dynomad.Errorf(dynomad.KindUnavailable, "%s answers %s", url, resp.Status)
	}
	return json.NewDecoder(resp.Body).Decode(into)
}

// bootstrapNomad makes our management token the first one; a cluster that knows it already is fine.
func (c *Cluster) bootstrapNomad(ctx context.Context, client *api.Client) error {
	if _, _, err := client.ACLTokens().Self((&api.QueryOptions{}).WithContext(ctx)); err == nil {
		return nil
	}
	_, _, err := client.ACLTokens().BootstrapOpts(c.Tokens.NomadManagement, (&api.WriteOptions{}).WithContext(ctx))
	return err
}

func (c *Cluster) ensureNamespace(ctx context.Context, client *api.Client) error {
	text, err := templates.Service("nomad/namespace.json", map[string]string{
		"namespace": Namespace, "drivers": strings.Join(c.drivers(), " "),
	})
	if err != nil {
		return dynomad.Errorf(dynomad.KindInternal, "rendering the namespace: %w", err)
	}
	var namespace api.Namespace
	if err := json.Unmarshal([]byte(text), &namespace); err != nil {
		return dynomad.Errorf(dynomad.KindInternal, "reading the namespace's text: %w", err)
	}
	if _, err := client.Namespaces().Register(&namespace, (&api.WriteOptions{}).WithContext(ctx)); err != nil {
		return dynomad.Errorf(dynomad.KindUnavailable, "making Nomad's namespace %s: %w", Namespace, err)
	}
	return nil
}

func ensureNomadPolicy(ctx context.Context, client *api.Client, name string, job *api.JobACL) error {
	rules, err := templates.Service("nomad/"+name+".policy.hcl", map[string]string{"namespace": Namespace})
	if err != nil {
		return dynomad.Errorf(dynomad.KindInternal, "rendering a policy: %w", err)
	}
	policy := &api.ACLPolicy{Name: name, Rules: rules, Description: "Dynomad", JobACL: job}
	if _, err := client.ACLPolicies().Upsert(policy, (&api.WriteOptions{}).WithContext(ctx)); err != nil {
		return dynomad.Errorf(dynomad.KindUnavailable, "writing Nomad's policy %s: %w", name, err)
	}
	return nil
}

// ensureNomadToken makes the token of Dynomad's server. Nomad chooses the secret itself, so it is saved afterwards; one that
// was made and not saved can do no harm, for nobody knows it.
func (c *Cluster) ensureNomadToken(ctx context.Context, client *api.Client) error {
	if c.Tokens.NomadServer != "" {
		query := &api.QueryOptions{AuthToken: c.Tokens.NomadServer}
		if _, _, err := client.ACLTokens().Self(query.WithContext(ctx)); err == nil {
			return nil
		}
	}
	token, _, err := client.ACLTokens().Create(
		&api.ACLToken{Name: "dynomad-server", Type: "client", Policies: []string{"dynomad-server"}},
		(&api.WriteOptions{}).WithContext(ctx))
	if err != nil {
		return dynomad.Errorf(dynomad.KindUnavailable, "making Nomad's token for Dynomad's server: %w", err)
	}
	c.Tokens.NomadServer = token.SecretID
	return c.Tokens.save(c.Dir)
}

// waitNode returns when a client machine can take dynos whose routes will stay: ready, with healthy drivers, and with its own
// Consul agent recognised.
func (c *Cluster) waitNode(ctx context.Context, m *Machine) error {
	client, err := c.nomadClient()
	if err != nil {
		return err
	}
	own, err := api.NewClient(&api.Config{Address: "http://" + m.NomadAddress(), SecretID: c.Tokens.NomadManagement})
	if err != nil {
		return dynomad.Errorf(dynomad.KindInternal, "preparing to speak to Nomad: %w", err)
	}
	return c.wait(ctx, m.Nomad, m.Name+" to be ready", func(ctx context.Context) error {
		if err := heartbeats(own); err != nil {
			return err
		}
		query := (&api.QueryOptions{}).WithContext(ctx)
		nodes, _, err := client.Nodes().List(query)
		if err != nil {
			return err
		}
		for _, stub := range nodes {
			if stub.Name != m.Name || stub.Status != "ready" {
				continue
			}
			node, _, err := client.Nodes().Info(stub.ID, query)
			if err != nil {
				return err
			}
			return c.readyForDynos(node)
		}
		return dynomad.Errorf(dynomad.KindUnavailable, "it has not registered")
	})
}

// heartbeats asks the client itself whether it has spoken to the server: what the server remembers of it may be from before
// its last stop.
func heartbeats(client *api.Client) error {
	self, err := client.Agent().Self()
	if err != nil {
		return err
	}
	last, err := time.ParseDuration(self.Stats["client"]["last_heartbeat"])
	if err != nil || last > time.Minute {
		return dynomad.Errorf(dynomad.KindUnavailable, "it has not spoken to the server")
	}
	return nil
}

func (c *Cluster) readyForDynos(node *api.Node) error {
	for _, driver := range c.drivers() {
		if d := node.Drivers[driver]; d == nil || !d.Healthy {
			return dynomad.Errorf(dynomad.KindUnavailable, "its driver %s is not healthy", driver)
		}
	}
	if node.Attributes["unique.consul.name"] != node.Name {
		return dynomad.Errorf(dynomad.KindUnavailable, "it has not found its Consul agent")
	}
	return nil
}
