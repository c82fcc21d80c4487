package router

import (
	"errors"
	"net"
	"net/http"
)

// StatusClientClosed is nginx's number for a client that left before the answer. Nobody reads it but the log.
const StatusClientClosed = 499

// failure is how a request that had a dyno went wrong.
type failure struct {
	err        error
	clientGone bool // the client left first
	shutdown   bool // the router ended first
	connecting bool // no dyno accepted a connection, so that nothing was sent
	firstByte  bool // the dyno had begun to answer
	sent       bool // the client has had the answer's head
}

// answer finds Heroku's code for it. It is pure, so that a table can prove it.
func (f failure) answer() Answer {
	timeout := false
	if e, ok := errors.AsType[net.Error](f.err); ok {
		timeout = e.Timeout()
	}
	switch {
	case f.shutdown:
		return unavailable(Answer{At: "error", Code: "H24", Desc: "Forced close", ID: "shutdown"})
	case f.clientGone:
		return Answer{
			Status: StatusClientClosed, At: "warning", Code: "H27", Desc: "Client Request Interrupted", Sock: "client", ID: "client_closed",
		}
	case f.sent:
		return unavailable(Answer{At: "error", Code: "H18", Desc: "Server Request Interrupted", Sock: "backend"})
	case f.connecting && timeout:
		return dynoFailed("H19", "Backend connection timeout", "The app did not accept a connection in time.")
	case f.connecting:
		return dynoFailed("H21", "Backend connection refused", "The app did not accept a connection.")
	case timeout:
		return dynoFailed("H12", "Request timeout", "The app took too long to answer.")
	case f.firstByte:
		return dynoFailed("H17", "Poorly formatted HTTP response", "The app's answer was not understood.")
	}
	return dynoFailed("H13", "Connection closed without response", "The app closed the connection without an answer.")
}

func dynoFailed(code, desc, words string) Answer {
	return unavailable(Answer{
		At: "error", Code: code, Desc: desc, ID: "app_failed", Title: "Application error", Words: words,
		Hint: "`dynomad logs` shows what the app says of it.",
	})
}

// Answers to requests that the edge refuses by itself.

func denied() Answer {
	return Answer{
		Status: http.StatusForbidden, At: "info", ID: "forbidden", Title: "Access denied",
		Words: "This address is not open to you.", Hint: "The route's allow and deny options say who may come in.",
	}
}

func unauthorized() Answer {
	return Answer{
		Status: http.StatusUnauthorized, At: "info", ID: "unauthorized", Title: "Authorization failed",
		Words: "This address asks for credentials that the router cannot check.",
		Hint:  "The route has an auth option; this edge has no auth schemes.",
	}
}

func tunnelRefused() Answer {
	return Answer{
		Status: http.StatusMethodNotAllowed, At: "error", Code: "H26", Desc: "Request Error", Sock: "client",
		ID: "method_not_allowed", Title: "Method not allowed", Words: "CONNECT makes tunnels, and this is not a proxy for them.",
	}
}

func looping() Answer {
	return Answer{
		Status: http.StatusLoopDetected, At: "error", Code: "H99", Desc: "Platform error", ID: "loop",
		Title: "Loop detected", Words: "This request has come through this router before.",
		Hint: "A route in Consul leads back to the router. Its own service must be the one that it is told to skip.",
	}
}
