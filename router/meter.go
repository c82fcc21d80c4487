package router

import (
	"bufio"
	"net"
	"net/http"
	"sync/atomic"
)

// meter counts what a client is sent. Everything else (flush, deadlines) goes past it through Unwrap.
type meter struct {
	http.ResponseWriter
	status int          // 0 until the answer's head is sent
	bytes  atomic.Int64 // of the body, or after an upgrade of everything; atomic, for an upgrade writes beside the handler
	failed bool         // a write failed: the client is gone
}

// Unwrap serves http.ResponseController.
func (m *meter) Unwrap() http.ResponseWriter { return m.ResponseWriter }

// WriteHeader notes the final status; 1xx are only on the way to it.
func (m *meter) WriteHeader(status int) {
	if m.status == 0 && status >= http.StatusOK {
		m.status = status
	}
	m.ResponseWriter.WriteHeader(status)
}

// Write counts.
func (m *meter) Write(p []byte) (int, error) {
	if m.status == 0 {
		m.status = http.StatusOK
	}
	n, err := m.ResponseWriter.Write(p)
	m.bytes.Add(int64(n))
	m.failed = m.failed || err != nil
	return n, err
}

// Hijack hands the connection over to an upgrade, and counts on.
func (m *meter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(m.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	m.status = http.StatusSwitchingProtocols
	return countedConn{conn, &m.bytes}, rw, nil
}

type countedConn struct {
	net.Conn
	bytes *atomic.Int64
}

// Write counts.
func (c countedConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.bytes.Add(int64(n))
	return n, err
}

// CloseWrite lets an upgrade end one direction and keep the other.
func (c countedConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return c.Close()
}
