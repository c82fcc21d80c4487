package router

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dynomad/dynomad"
)

// Record is what is kept of one request. Where no dyno was reached, Dyno is "" and Connect and Service are negative: the line
// leaves them empty, as Heroku's does.
type Record struct {
	Time      time.Time // when the request came in
	App       dynomad.AppName
	At        string // "info", "warning", "error"
	Code      string // "H10", or ""
	Desc      string // of the code
	Sock      string // which side broke off: "client", "backend", or ""
	Method    string
	Path      string // with the query, as sent
	Host      string // as sent
	RequestID string
	Fwd       string // X-Forwarded-For: who it came through, last the peer; all but the last is the client's word
	Dyno      string
	Connect   time.Duration // until a dyno had accepted the connection, tries on other dynos included
	Service   time.Duration // from then to the end
	Status    int
	Bytes     int64  // of the answer's body; after an upgrade, of all that the client was sent
	Protocol  string // "http", "https"
}

// Bounds of what a client can put into a line, in bytes as written; beyond them the text is cut and ends in "…". Together
// they stay well under the 10,000 bytes that Logplex keeps in one piece.
const (
	maxMethod = 127
	maxPath   = 4096
	maxFwd    = 512
	noTime    = time.Duration(-1)
)

// AppendLine appends the record as Heroku's router writes it, without a newline:
//
//	at=info method=GET path="/x" host=h request_id=… fwd="1.2.3.4" dyno=web.1 connect=1ms service=5ms status=200 bytes=12 protocol=http
//
// No client can break out of its field: quotes, backslashes, control characters and bytes that are no UTF-8 are escaped.
func (r Record) AppendLine(dst []byte) []byte {
	if r.Sock != "" {
		dst = appendWord(append(dst, "sock="...), r.Sock, maxMethod)
		dst = append(dst, ' ')
	}
	dst = appendWord(append(dst, "at="...), r.At, maxMethod)
	if r.Code != "" {
		dst = appendWord(append(dst, " code="...), r.Code, maxMethod)
		dst = appendQuoted(append(dst, " desc="...), r.Desc, maxMethod)
	}
	dst = appendWord(append(dst, " method="...), r.Method, maxMethod)
	dst = appendQuoted(append(dst, " path="...), r.Path, maxPath)
	dst = appendWord(append(dst, " host="...), r.Host, maxHost)
	dst = appendWord(append(dst, " request_id="...), r.RequestID, maxRequestID)
	dst = appendQuoted(append(dst, " fwd="...), r.Fwd, maxFwd)
	dst = appendWord(append(dst, " dyno="...), r.Dyno, maxHost)
	dst = appendMillis(append(dst, " connect="...), r.Connect)
	dst = appendMillis(append(dst, " service="...), r.Service)
	dst = strconv.AppendInt(append(dst, " status="...), int64(r.Status), 10)
	dst = strconv.AppendInt(append(dst, " bytes="...), r.Bytes, 10)
	return appendWord(append(dst, " protocol="...), r.Protocol, maxMethod)
}

func appendMillis(dst []byte, d time.Duration) []byte {
	if d < 0 {
		return dst
	}
	return append(strconv.AppendInt(dst, d.Milliseconds(), 10), "ms"...)
}

// appendWord appends a value without quotes where it needs none.
func appendWord(dst []byte, s string, most int) []byte {
	for i := range len(s) {
		if c := s[i]; len(s) > most || (!alphanumeric(c) && !strings.ContainsRune("-_.:/+[]*~", rune(c))) {
			return appendQuoted(dst, s, most)
		}
	}
	return append(dst, s...)
}

const hex = "0123456789abcdef"

// appendQuoted appends a value in quotes, of about most bytes after escaping.
func appendQuoted(dst []byte, s string, most int) []byte {
	dst = append(dst, '"')
	start := len(dst)
	for i := 0; i < len(s); {
		if len(dst)-start >= most {
			dst = append(dst, "…"...)
			break
		}
		c := s[i]
		if c < utf8.RuneSelf {
			i++
			switch {
			case c == '"' || c == '\\':
				dst = append(dst, '\\', c)
			case c < ' ' || c == 0x7f:
				dst = append(dst, '\\', 'x', hex[c>>4], hex[c&15])
			default:
				dst = append(dst, c)
			}
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if strconv.IsPrint(r) && (r != utf8.RuneError || size > 1) {
			dst = append(dst, s[i:i+size]...)
		} else { // also line separators and marks that turn the writing direction
			for _, c := range []byte(s[i : i+size]) {
				dst = append(dst, '\\', 'x', hex[c>>4], hex[c&15])
			}
		}
		i += size
	}
	return append(dst, '"')
}
