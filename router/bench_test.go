package router

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"testing"
	"time"

	"github.com/hashicorp/consul/api"
)

// BenchmarkProxy measures requests through the edge beside the same requests through a bare httputil.ReverseProxy, to the
// same dyno from the same clients. What the edge adds: lookup, choice, clean headers, retry, record.
func BenchmarkProxy(b *testing.B) {
	for _, size := range []int{100, 100_000} {
		body := make([]byte, size)
		target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(body) }))
		b.Cleanup(target.Close)
		address := target.Listener.Addr().String()
		i := instance("hello-web", address, "urlprefix-hello/")
		i.Meta = map[string]string{"app": "hello", "type": "web", "index": "0"}
		edge := newEdge(b, routesOf(b, i), nil)
		to, _ := url.Parse("http://" + address)
		bare := httptest.NewServer(&httputil.ReverseProxy{
			Rewrite:   func(p *httputil.ProxyRequest) { p.SetURL(to); p.SetXForwarded() },
			Transport: &http.Transport{MaxIdleConnsPerHost: idlePerDyno, DisableCompression: true},
		})
		b.Cleanup(bare.Close)
		b.Run(fmt.Sprintf("bare/%dB", size), func(b *testing.B) { load(b, bare.Listener.Addr().String(), size) })
		b.Run(fmt.Sprintf("edge/%dB", size), func(b *testing.B) { load(b, edge.Listener.Addr().String(), size) })
	}
}

func load(b *testing.B, addr string, size int) {
	client := &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true}
	defer client.CloseIdleConnections()
	b.SetParallelism(16)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			req, _ := http.NewRequest(http.MethodGet, "http://"+addr+"/", nil)
			req.Host = "hello"
			res, err := client.RoundTrip(req)
			if err != nil {
				b.Error(err)
				return
			}
			n, _ := io.Copy(io.Discard, res.Body)
			_ = res.Body.Close()
			if res.StatusCode != http.StatusOK || int(n) != size {
				b.Errorf("%d, %d bytes", res.StatusCode, n)
				return
			}
		}
	})
}

// hosts makes n services of one host and two instances each, as the translator tags them.
func hosts(n int) map[string][]Line {
	changes := map[string][]Line{}
	for i := range n {
		service, host := fmt.Sprint("app", i, "-web"), fmt.Sprintf("app%d.example.com", i)
		for port := range 2 {
			of, _ := instance(service, fmt.Sprintf("10.%d.%d.%d:%d", i>>16, i>>8&255, i&255, 8000+port),
				tagPrefix+host+"/", tagPrefix+host+":8080/").Lines()
			changes[service] = append(changes[service], of...)
		}
	}
	return changes
}

// BenchmarkLookup: the number of hosts must not matter, nor that of *.SUFFIX patterns.
func BenchmarkLookup(b *testing.B) {
	for _, n := range []int{10, 10_000} {
		for _, c := range []struct{ name, host string }{{"exact", "app7.example.com:8080"}, {"suffix", "x.wild7.example.com"}, {"none", "nobody.example.org"}} {
			b.Run(fmt.Sprintf("%s/%d", c.name, n), func(b *testing.B) {
				routes := NewRoutes()
				set(routes, hosts(n))
				set(routes, wild(n))
				b.ReportAllocs()
				for b.Loop() {
					for range routes.Table().match(c.host, "/some/path") {
						break
					}
				}
			})
		}
	}
}

func wild(n int) map[string][]Line {
	changes := map[string][]Line{}
	for i := range n {
		service := fmt.Sprint("wild", i)
		changes[service], _ = instance(service, "h:1", fmt.Sprintf("urlprefix-*.wild%d.example.com/", i)).Lines()
	}
	return changes
}

// BenchmarkUpdate swaps in one instance more for one service among n.
func BenchmarkUpdate(b *testing.B) {
	for _, n := range []int{1, 1000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			routes, one := NewRoutes(), instance("app0-web", "10.0.0.0:9000", "urlprefix-app0.example.com/", "urlprefix-app0.example.com:8080/")
			all := hosts(n)
			set(routes, all)
			b.ReportAllocs()
			more := false
			for b.Loop() {
				lines := all["app0-web"]
				if more = !more; more {
					of, _ := one.Lines()
					lines = append(lines[:len(lines):len(lines)], of...)
				}
				set(routes, map[string][]Line{"app0-web": lines})
			}
		})
	}
}

// BenchmarkNewRouteLive is from the check's passing to the route, with the watch and a Consul of n services in this process.
func BenchmarkNewRouteLive(b *testing.B) {
	for _, n := range []int{1000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			c := newConsul(b)
			for i := range n {
				c.add("n", fmt.Sprint("i", i), fmt.Sprint("s", i), "10.0.0.1:1", api.HealthPassing, fmt.Sprintf("urlprefix-h%d/", i))
			}
			routes := watch(b, c)
			status := []string{api.HealthCritical, api.HealthPassing}
			want := [][]string{nil, {"10.0.0.1:1"}}
			turn := 0
			for b.Loop() {
				c.set("n", "i7", status[turn])
				eventually(b, routes, "h7", want[turn]...)
				turn = 1 - turn
			}
		})
	}
}

// BenchmarkConnectRetry is what a dead dyno costs the requests that would have gone to it.
func BenchmarkConnectRetry(b *testing.B) {
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("x")) }))
	defer target.Close()
	alive := instance("hello-web", target.Listener.Addr().String(), "urlprefix-hello/")
	dead := alive
	dead.Address = deadAddress(b)
	for _, c := range []struct {
		name      string
		instances []Instance
	}{{"none dead", []Instance{alive}}, {"half dead", []Instance{alive, dead}}} {
		e := newEdge(b, routesOf(b, c.instances...), func(o *Options) { o.ConnectTimeout = time.Second })
		b.Run(c.name, func(b *testing.B) { load(b, e.Listener.Addr().String(), 1) })
	}
}
