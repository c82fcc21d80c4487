package router

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/hashicorp/consul/api"
)

// A blocking query is answered after blockFor at the latest (Consul adds up to a sixteenth). One that is not, hangs on a
// dead connection.
const (
	blockFor = 60 * time.Second
	hangs    = 75 * time.Second
	answers  = 10 * time.Second // a query that does not block
)

// block waits until Consul's index has passed since, and asks.
func block[T any](ctx context.Context, since uint64, ask func(*api.QueryOptions) (T, *api.QueryMeta, error)) (T, uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, hangs)
	defer cancel()
	options := &api.QueryOptions{WaitIndex: since, WaitTime: blockFor}
	out, meta, err := ask(options.WithContext(ctx))
	if err != nil {
		return out, 0, err
	}
	index := meta.LastIndex
	if index < since || index == 0 { // Consul was restored from an older state: begin anew
		index = 1
	}
	return out, index, nil
}

// errHidden is what an ACL token without rights gets: answers without content. Taking them for "nothing runs" would drop every
// route. Consul itself always has a node with a check and the service "consul", so that no true answer is empty.
func errHidden(what string) error {
	return fmt.Errorf("consul shows the router's token no %s: it needs read on service_prefix \"\" and node_prefix \"\"", what)
}

func (w *Watcher) checks(ctx context.Context, since uint64) (api.HealthChecks, uint64, error) {
	return block(ctx, since, func(q *api.QueryOptions) (api.HealthChecks, *api.QueryMeta, error) {
		checks, meta, err := w.Consul.Health().State(api.HealthAny, q)
		if err == nil && len(checks) == 0 {
			err = errHidden("checks")
		}
		return checks, meta, err
	})
}

func (w *Watcher) catalogue(ctx context.Context, since uint64) (map[string][]string, uint64, error) {
	return block(ctx, since, func(q *api.QueryOptions) (map[string][]string, *api.QueryMeta, error) {
		services, meta, err := w.Consul.Catalog().Services(q)
		if err == nil && len(services) == 0 {
			err = errHidden("services")
		}
		return services, meta, err
	})
}

// instances asks for all instances of a service, whether their checks pass or not.
func (w *Watcher) instances(ctx context.Context, name string) (out []Instance, err error) {
	ctx, cancel := context.WithTimeout(ctx, answers)
	defer cancel()
	services, _, err := w.Consul.Catalog().Service(name, "", (&api.QueryOptions{}).WithContext(ctx))
	if err != nil {
		return nil, fmt.Errorf("asking for the instances of %s: %w", name, err)
	}
	for _, s := range services {
		host := s.ServiceAddress
		if host == "" {
			host = s.Address
		}
		out = append(out, Instance{
			id:         instanceID{s.Node, s.ServiceID},
			Service:    s.ServiceName,
			Address:    net.JoinHostPort(host, strconv.Itoa(s.ServicePort)),
			Datacenter: s.Datacenter,
			Tags:       s.ServiceTags,
			Meta:       s.ServiceMeta,
		})
	}
	return out, nil
}
