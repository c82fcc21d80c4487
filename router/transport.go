package router

import (
	"crypto/tls"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fabiolb/fabio/route"
)

// How connections to dynos are kept.
const (
	// idleFor is how long an unused connection is kept: less than the shortest keep-alive in common use (Node's 5 s), so that
	// the dyno does not close it at the moment when a request is sent.
	idleFor        = 4 * time.Second
	idlePerDyno    = 256
	maxAnswerHead  = 512 << 10 // bytes of an answer's headers, as Heroku
	continueAfter  = time.Second
	quarantineTime = 5 * time.Second // a dyno that did not accept a connection is passed over for so long
)

// transports holds a transport for each way of speaking TLS to a dyno; nearly all targets speak none and share one.
type transports struct {
	connect, firstByte time.Duration
	plain              sync.Once
	shared             *http.Transport
	special            sync.Map // tlsKey to *http.Transport
}

type tlsKey struct {
	serverName string
	skipVerify bool
}

func (t *transports) of(target *route.Target) *http.Transport {
	key := tlsKey{skipVerify: target.TLSSkipVerify}
	if target.Host != "dst" {
		key.serverName = target.Host
	}
	if target.URL.Scheme != "https" || key == (tlsKey{}) {
		t.plain.Do(func() { t.shared = t.make(tlsKey{}) })
		return t.shared
	}
	if made, ok := t.special.Load(key); ok {
		return made.(*http.Transport)
	}
	made, _ := t.special.LoadOrStore(key, t.make(key))
	return made.(*http.Transport)
}

func (t *transports) make(key tlsKey) *http.Transport {
	dialer := net.Dialer{Timeout: t.connect, KeepAlive: 15 * time.Second}
	secure := &tls.Config{ServerName: key.serverName, InsecureSkipVerify: key.skipVerify} //nolint:gosec // the tag asks for it
	return &http.Transport{
		DialContext:            dialer.DialContext,
		TLSHandshakeTimeout:    t.connect,
		TLSClientConfig:        secure,
		DisableCompression:     true, // an answer passes as it is
		MaxIdleConnsPerHost:    idlePerDyno,
		IdleConnTimeout:        idleFor,
		ResponseHeaderTimeout:  t.firstByte,
		MaxResponseHeaderBytes: maxAnswerHead,
		ExpectContinueTimeout:  continueAfter,
	}
}

// quarantine remembers addresses that did not accept a connection, so that other requests do not wait for them too: a lost
// machine stays in Consul for seconds. It is empty nearly always, and then costs one atomic read.
type quarantine struct {
	mu    sync.Mutex
	until map[string]time.Time
	size  atomic.Int32
}

func (q *quarantine) add(addr string, now time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.until == nil {
		q.until = map[string]time.Time{}
	}
	q.until[addr] = now.Add(quarantineTime)
	for a, until := range q.until {
		if !until.After(now) {
			delete(q.until, a)
		}
	}
	q.size.Store(int32(len(q.until)))
}

func (q *quarantine) has(addr string, now time.Time) bool {
	if q.size.Load() == 0 {
		return false
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	until, ok := q.until[addr]
	if ok && !until.After(now) {
		delete(q.until, addr)
		q.size.Store(int32(len(q.until)))
	}
	return ok && until.After(now)
}
