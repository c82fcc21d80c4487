package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	nomad "github.com/hashicorp/nomad/api"
)

// probe names the job and the variables that the doctor makes and takes away again.
const probe = "dynomad~doctor"

// nomadPatient is a Nomad under examination.
type nomadPatient struct {
	ctx       context.Context
	client    *nomad.Client
	namespace string
	needs     needs
	clients   []*nomad.Node // found on the way, for the examination of Consul
}

func (n *nomadPatient) examine() []Finding {
	leader, err := n.client.Status().Leader()
	if err != nil {
		return []Finding{blocks("set NOMAD_ADDR to the URL of a Nomad server, and see that it runs",
			"Nomad does not answer at %s: %v", n.client.Address(), err)}
	}
	if leader == "" {
		return []Finding{blocks("start more of its servers: most of them must run", "Nomad at %s has no leader", n.client.Address())}
	}
	findings := []Finding{fine("Nomad answers at %s", n.client.Address()), n.keys()}
	token, finding := n.token()
	findings = append(findings, finding)
	if token == nil {
		return findings
	}
	findings = append(findings, n.nodes()...)
	namespace := n.namespaceFinding()
	findings = append(findings, namespace)
	if namespace.State == Blocks {
		return findings
	}
	job := n.job()
	findings = append(findings, job, n.parse(), n.variables(), n.lifecycle(token))
	if n.needs.driver == "docker" && job.State != Blocks {
		findings = append(findings, n.stack()...)
	}
	return findings
}

// keys looks whether anybody can check the identities that Nomad gives to dynos, as logplex does.
func (n *nomadPatient) keys() Finding {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	_, err := n.client.Raw().Query("/.well-known/jwks.json", &set, n.query())
	if err != nil || len(set.Keys) == 0 {
		return blocks("use Nomad 1.8 or newer, and let nothing on the way hide /.well-known/jwks.json",
			"Nomad does not tell the public keys of its identities: %v", err)
	}
	return fine("Nomad tells the public keys of its identities")
}

// token finds out who we are; nil if nobody.
func (n *nomadPatient) token() (*nomad.ACLToken, Finding) {
	token, _, err := n.client.ACLTokens().Self(n.query())
	switch {
	case err != nil && strings.Contains(err.Error(), "ACL support disabled"):
		return &nomad.ACLToken{Type: "management"}, warns("acl { enabled = true } on all agents, then `nomad acl bootstrap`",
			"Nomad's ACLs are off: whoever reaches its address, every dyno included, may do everything")
	case err != nil || token.AccessorID == "anonymous":
		return nil, blocks("make one: `"+n.policy()+" | nomad acl policy apply dynomad-server -`,\n"+
			"then `nomad acl token create -name=dynomad-server -policy=dynomad-server`", "NOMAD_TOKEN is missing or unknown")
	case token.Type == "management":
		return token, warns("make a token with only the policy that `"+n.policy()+"` prints",
			"NOMAD_TOKEN is a management token, which may do everything")
	default:
		return token, fine("NOMAD_TOKEN is known, with the policies %s", strings.Join(token.Policies, ", "))
	}
}

// policy is the command that prints the policy of Dynomad's server.
func (n *nomadPatient) policy() string {
	return "dynomad dev render nomad/dynomad-server.policy.hcl namespace=" + n.namespace
}

func (n *nomadPatient) nodes() []Finding {
	stubs, _, err := n.client.Nodes().List(n.query())
	if err != nil {
		return []Finding{warns(`node { policy = "read" } in the token's policy`, "the clients cannot be judged: %s", words(err))}
	}
	for _, stub := range stubs {
		node, _, err := n.client.Nodes().Info(stub.ID, n.query())
		if err == nil {
			n.clients = append(n.clients, node)
		}
	}
	return clients(n.clients, n.needs)
}

func (n *nomadPatient) namespaceFinding() Finding {
	if _, _, err := n.client.Namespaces().Info(n.namespace, n.query()); err != nil {
		// /dev/stdin and not -, at which Nomad 1.11.3 crashes.
		return blocks("`dynomad dev render nomad/namespace.json namespace="+n.namespace+" drivers="+n.needs.driver+
			" |\nnomad namespace apply -json /dev/stdin`, and name it in the token's policy",
			"the namespace %q is not there or not visible: %s", n.namespace, words(err))
	}
	return fine("the namespace %q is there", n.namespace)
}

// job registers a job of no dynos that asks for all that an app's job asks for, reads it, and purges it.
func (n *nomadPatient) job() Finding {
	task := nomad.NewTask("main", n.needs.driver).SetConfig("command", "/bin/true")
	if n.needs.driver == "docker" {
		task.SetConfig("image", n.needs.image)
	}
	group := nomad.NewTaskGroup("web", 0).AddTask(task)
	group.Volumes = map[string]*nomad.VolumeRequest{}
	for _, volume := range n.needs.volumes {
		group.Volumes[volume] = &nomad.VolumeRequest{Name: volume, Type: "host", Source: volume, ReadOnly: true}
	}
	job := nomad.NewServiceJob(probe, probe, "global", 50).AddTaskGroup(group).AddDatacenter("*")
	const mend = `submit-job, read-job and list-jobs in the token's policy, host_volume "…" { policy = "read" } for each volume,` +
		"\nand the driver among the namespace's EnabledTaskDrivers"
	if _, _, err := n.client.Jobs().Register(job, n.write()); err != nil {
		return blocks(mend, "a job cannot be registered: %s", words(err))
	}
	_, _, infoErr := n.client.Jobs().Info(probe, n.query())
	_, _, listErr := n.client.Jobs().List(n.query())
	_, _, purgeErr := n.client.Jobs().Deregister(probe, true, n.write())
	if err := errors.Join(infoErr, listErr, purgeErr); err != nil {
		return blocks(mend, "a job cannot be registered, read, listed and purged: %s", words(err))
	}
	return fine("jobs can be registered with driver %s, read, listed and purged", n.needs.driver)
}

func (n *nomadPatient) parse() Finding {
	if _, err := n.client.Jobs().ParseHCL(`job "x" {}`, false); err != nil {
		return warns("parse-job in the token's policy", "a job's text cannot be parsed, which only tests need: %s", words(err))
	}
	return fine("a job's text can be parsed")
}

// variables writes, reads, lists and deletes one where config vars lie.
func (n *nomadPatient) variables() Finding {
	path := "nomad/jobs/" + probe
	variable := &nomad.Variable{Path: path, Items: nomad.VariableItems{"probe": "1"}}
	const mend = `variables { path "nomad/jobs/*" { capabilities = ["read", "write", "list", "destroy"] } } in the token's policy`
	if _, _, err := n.client.Variables().Update(variable, n.write()); err != nil {
		return blocks(mend, "config vars cannot be written: %s", words(err))
	}
	_, _, readErr := n.client.Variables().Read(path, n.query())
	_, _, listErr := n.client.Variables().PrefixList(path, n.query())
	_, deleteErr := n.client.Variables().Delete(path, n.write())
	if err := errors.Join(readErr, listErr, deleteErr); err != nil {
		return blocks(mend, "config vars cannot be written, read, listed and deleted: %s", words(err))
	}
	return fine("config vars can be written, read, listed and deleted")
}

// lifecycle reads in the token's policies whether it may restart dynos: trying would restart one.
func (n *nomadPatient) lifecycle(token *nomad.ACLToken) Finding {
	allowed := token.Type == "management" || slices.ContainsFunc(token.Policies, func(name string) bool {
		policy, _, err := n.client.ACLPolicies().Info(name, n.query())
		return err == nil && (strings.Contains(policy.Rules, `"alloc-lifecycle"`) || strings.Contains(policy.Rules, `policy = "write"`))
	})
	if !allowed {
		return blocks("alloc-lifecycle in the token's policy", "dynos cannot be restarted: no policy of the token names alloc-lifecycle")
	}
	return fine("dynos can be restarted")
}

func (n *nomadPatient) query() *nomad.QueryOptions {
	return (&nomad.QueryOptions{Namespace: n.namespace}).WithContext(n.ctx)
}

func (n *nomadPatient) write() *nomad.WriteOptions {
	return (&nomad.WriteOptions{Namespace: n.namespace}).WithContext(n.ctx)
}

// words is what Nomad or Consul said, without the wrapping of the libraries.
func words(err error) string {
	text := err.Error()
	if _, body, ok := strings.Cut(text, "Unexpected response code: "); ok {
		text = body
	}
	return strings.Join(strings.Fields(text), " ")
}
