package devcluster

import (
	"context"
	"strings"
	"time"

	"github.com/hashicorp/consul/api"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/templates"
)

// openConsul waits for the Consul server and gives everybody the token that was made for them. It may run any number of
// times, and brings old policies up to the text of today.
func (c *Cluster) openConsul(ctx context.Context) error {
	client, err := c.consulClient()
	if err != nil {
		return err
	}
	if err := c.wait(ctx, c.Server.Consul, "Consul to elect a leader", func(ctx context.Context) error {
		return consulLeader(ctx, client)
	}); err != nil {
		return err
	}
	if err := c.wait(ctx, c.Server.Consul, "Consul to know its management token", func(ctx context.Context) error {
		return c.bootstrapConsul(ctx, client)
	}); err != nil {
		return err
	}
	for machine, secret := range c.Tokens.ConsulAgents {
		token := &api.ACLToken{
			Description:    "the Consul agent of " + machine,
			SecretID:       secret,
			NodeIdentities: []*api.ACLNodeIdentity{{NodeName: machine, Datacenter: "dc1"}},
		}
		if err := ensureConsulToken(ctx, client, token); err != nil {
			return err
		}
	}
	for policy, secret := range map[string]string{
		"dynomad-nomad-client": c.Tokens.ConsulNomad,
		"dynomad-server":       c.Tokens.ConsulServer,
		"dynomad-router":       c.Tokens.ConsulRouter,
	} {
		if err := ensureConsulPolicy(ctx, client, policy); err != nil {
			return err
		}
		token := &api.ACLToken{Description: policy, SecretID: secret, Policies: []*api.ACLLink{{Name: policy}}}
		if err := ensureConsulToken(ctx, client, token); err != nil {
			return err
		}
	}
	return nil
}

func (c *Cluster) consulClient() (*api.Client, error) {
	client, err := api.NewClient(&api.Config{
		Address: c.Server.ConsulAddress(), Scheme: "http", Token: c.Tokens.ConsulManagement,
	})
	if err != nil {
		return nil, dynomad.Errorf(dynomad.KindInternal, "preparing to speak to Consul: %w", err)
	}
	return client, nil
}

func consulLeader(ctx context.Context, client *api.Client) error {
	leader, err := client.Status().LeaderWithQueryOptions((&api.QueryOptions{}).WithContext(ctx))
	if err == nil && leader == "" {
		return dynomad.Errorf(dynomad.KindUnavailable, "no leader yet")
	}
	return err
}

// waitConsulAgent returns when a machine's Consul agent has joined and knows what Nomad may do there.
func (c *Cluster) waitConsulAgent(ctx context.Context, m *Machine) error {
	client, err := api.NewClient(&api.Config{Address: m.ConsulAddress(), Scheme: "http", Token: c.Tokens.ConsulNomad})
	if err != nil {
		return dynomad.Errorf(dynomad.KindInternal, "preparing to speak to Consul: %w", err)
	}
	return c.wait(ctx, m.Consul, "the Consul agent of "+m.Name+" to join", func(context.Context) error {
		_, err := client.Agent().Self()
		return err
	})
}

// bootstrapConsul makes our management token the first one; a cluster that knows it already is fine.
func (c *Cluster) bootstrapConsul(ctx context.Context, client *api.Client) error {
	_, _, err := client.ACL().TokenReadSelf((&api.QueryOptions{}).WithContext(ctx))
	if err == nil {
		return nil
	}
	_, _, err = client.ACL().BootstrapWithToken(c.Tokens.ConsulManagement)
	return err
}

func ensureConsulPolicy(ctx context.Context, client *api.Client, name string) error {
	rules, err := templates.Service("consul/"+name+".policy.hcl", nil)
	if err != nil {
		return dynomad.Errorf(dynomad.KindInternal, "rendering a policy: %w", err)
	}
	write := (&api.WriteOptions{}).WithContext(ctx)
	old, _, err := client.ACL().PolicyReadByName(name, (&api.QueryOptions{}).WithContext(ctx))
	if err != nil && !strings.Contains(err.Error(), "ACL not found") && !strings.Contains(err.Error(), "404") {
		return dynomad.Errorf(dynomad.KindUnavailable, "reading Consul's policy %s: %w", name, err)
	}
	policy := &api.ACLPolicy{Name: name, Rules: rules, Description: "Dynomad"}
	if old == nil {
		_, _, err = client.ACL().PolicyCreate(policy, write)
	} else {
		policy.ID = old.ID
		_, _, err = client.ACL().PolicyUpdate(policy, write)
	}
	if err != nil {
		return dynomad.Errorf(dynomad.KindUnavailable, "writing Consul's policy %s: %w", name, err)
	}
	return nil
}

// ensureConsulToken makes the token unless its secret is known already.
func ensureConsulToken(ctx context.Context, client *api.Client, token *api.ACLToken) error {
	_, _, err := client.ACL().TokenReadSelf((&api.QueryOptions{Token: token.SecretID}).WithContext(ctx))
	if err == nil {
		return nil
	}
	if _, _, err := client.ACL().TokenCreate(token, (&api.WriteOptions{}).WithContext(ctx)); err != nil {
		return dynomad.Errorf(dynomad.KindUnavailable, "making Consul's token for %s: %w", token.Description, err)
	}
	return nil
}

// wait asks again and again until ready, and gives up early when the process that should answer has ended.
func (c *Cluster) wait(ctx context.Context, p *Process, what string, ready func(context.Context) error) error {
	patient, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	var last error
	ok := poll(patient, 50*time.Millisecond, func() bool {
		if !p.Alive() {
			last = dynomad.Errorf(dynomad.KindUnavailable, "%s has ended: %s", p.Name, strings.Join(p.LastLines(5), "\n"))
			cancel()
			return false
		}
		if err := ready(patient); err != nil {
			if patient.Err() == nil {
				last = err
			}
			return false
		}
		return true
	})
	if ok {
		return nil
	}
	if ctx.Err() != nil {
		return dynomad.Errorf(dynomad.KindUnavailable, "interrupted while waiting for %s", what)
	}
	return dynomad.Errorf(dynomad.KindUnavailable, "waited in vain for %s: %w", what, last).WithHint("its log: %s", p.LogPath())
}
