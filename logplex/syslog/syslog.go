// Package syslog writes and reads log lines in the three shapes in which they leave or enter Logplex. It is pure: bytes in,
// bytes out.
//
// Frame and Next are RFC 6587's octet counting: a length in decimal, a space, that many bytes. Message.Append and Parse are
// RFC 5424's message between them, in one of two forms. Heroku's Logplex leaves STRUCTURED-DATA out altogether
// (`<190>1 TIME HOST SOURCE PS - text`), which is not RFC 5424 and which every HTTPS drain receiver in the world expects;
// syslog proper has it (`… PS - - text`). A reader cannot tell the forms apart, so both sides must name one.
//
// Append is the line as people see it: `2026-11-23T08:00:00.000000+00:00 app[web.1]: text`.
//
// A message's text is whatever bytes the program wrote: NULs, escape sequences and broken UTF-8 go through unchanged. The
// fields of the header are printable ASCII without spaces; what does not fit is replaced on writing and refused on reading.
package syslog

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// Form says whether a message carries STRUCTURED-DATA.
type Form int

const (
	// Logplex is Heroku's form, without STRUCTURED-DATA: content type application/logplex-1.
	Logplex Form = iota
	// RFC5424 is syslog proper, with STRUCTURED-DATA, of which we write and keep none.
	RFC5424
)

// MaxFrame bounds a frame's bytes: a line of 10,000 bytes and a header, with room.
const MaxFrame = 16 << 10

// ErrShort says that a frame goes on beyond the bytes given: more must be read.
var ErrShort = errors.New("the frame is not complete")

// Message is one log line with its syslog header.
type Message struct {
	Priority int // facility × 8 + severity, 0 to 191; 190 is local7.info, what Heroku gives an app's lines
	Time     time.Time
	Host     string // HOSTNAME: the app, or a drain's token
	App      string // APP-NAME: the source, "app" or "heroku"
	Proc     string // PROCID: the dyno or platform part, "web.1", "router"
	ID       string // MSGID, nearly always ""
	Text     string // one line without its newline
}

const timeFormat = "2006-01-02T15:04:05.000000-07:00"

// Append writes the message without a frame.
func (m Message) Append(dst []byte, form Form) []byte {
	dst = append(dst, '<')
	dst = strconv.AppendInt(dst, int64(m.Priority), 10)
	dst = append(dst, ">1 "...)
	dst = m.Time.UTC().AppendFormat(dst, timeFormat)
	for _, field := range [...]string{m.Host, m.App, m.Proc, m.ID} {
		dst = append(dst, ' ')
		dst = appendField(dst, field)
	}
	if form == RFC5424 {
		dst = append(dst, " -"...)
	}
	dst = append(dst, ' ')
	return append(dst, m.Text...)
}

// AppendFrame writes the message as one octet-counted frame.
func (m Message) AppendFrame(dst []byte, form Form) []byte {
	var scratch [512]byte
	body := m.Append(scratch[:0], form)
	dst = strconv.AppendInt(dst, int64(len(body)), 10)
	dst = append(dst, ' ')
	return append(dst, body...)
}

// appendField writes a header field; "" is the nil value "-".
func appendField(dst []byte, field string) []byte {
	if field == "" {
		return append(dst, '-')
	}
	for i := range len(field) {
		if c := field[i]; c > ' ' && c < 0x7f {
			dst = append(dst, c)
		} else {
			dst = append(dst, '_')
		}
	}
	return dst
}

// Next takes the first frame off body. It returns ErrShort where body ends within the frame, and another error where body
// does not start with a frame of at most MaxFrame bytes.
func Next(body []byte) (message, rest []byte, err error) {
	digits := 0
	for digits < len(body) && digits < 6 && body[digits] >= '0' && body[digits] <= '9' {
		digits++
	}
	if digits == len(body) && digits < 6 {
		return nil, body, ErrShort
	}
	if digits == 0 || digits == 6 || body[digits] != ' ' || body[0] == '0' {
		return nil, body, errors.New("a frame starts with its length in decimal and a space")
	}
	length, err := strconv.Atoi(string(body[:digits]))
	if err != nil || length > MaxFrame {
		return nil, body, fmt.Errorf("a frame of %s bytes is longer than %d", body[:digits], MaxFrame)
	}
	body = body[digits+1:]
	if len(body) < length {
		return nil, body, ErrShort
	}
	return body[:length], body[length:], nil
}

// Parse reads one message of the given form. One newline at its end is not part of the text.
func Parse(b []byte, form Form) (Message, error) {
	var m Message
	end := bytes.IndexByte(b, '>')
	if end < 2 || end > 4 || b[0] != '<' {
		return m, errors.New("a message starts with <PRIORITY>")
	}
	priority, err := strconv.ParseUint(string(b[1:end]), 10, 8)
	if err != nil || priority > 191 {
		return m, fmt.Errorf("%q is not a priority from 0 to 191", b[1:end])
	}
	m.Priority = int(priority)
	b = b[end+1:]
	names := [...]string{"version", "timestamp", "hostname", "app name", "process id", "message id"}
	var fields [len(names)]string
	for i, name := range names {
		if fields[i], b, err = field(b, name); err != nil {
			return m, err
		}
	}
	if fields[0] != "1" {
		return m, fmt.Errorf("syslog version %q is not 1", fields[0])
	}
	if m.Time, err = time.Parse(time.RFC3339Nano, fields[1]); err != nil {
		return m, fmt.Errorf("the timestamp %q is not RFC 3339", fields[1])
	}
	m.Time = m.Time.UTC()
	if year := m.Time.Year(); year < 1 || year > 9999 {
		return m, fmt.Errorf("the timestamp %q is in no year that can be written", fields[1])
	}
	m.Host, m.App, m.Proc, m.ID = fields[2], fields[3], fields[4], fields[5]
	if form == RFC5424 {
		if b, err = skipStructuredData(b); err != nil {
			return m, err
		}
	}
	m.Text = string(bytes.TrimSuffix(b, []byte("\n")))
	return m, nil
}

// field takes one header field and the space behind it; "-" is "".
func field(b []byte, name string) (value string, rest []byte, err error) {
	end := bytes.IndexByte(b, ' ')
	if end < 0 && name == "message id" {
		end = len(b) // a message without a text may end here
	}
	if end <= 0 || end > 255 {
		return "", b, fmt.Errorf("the %s is missing or too long", name)
	}
	for _, c := range b[:end] {
		if c < ' ' || c >= 0x7f {
			return "", b, fmt.Errorf("the %s holds a byte that is not printable ASCII", name)
		}
	}
	value = string(b[:end])
	if value == "-" {
		value = ""
	}
	return value, b[min(end+1, len(b)):], nil
}

// skipStructuredData passes over "-" or "[id name=\"value\"]…" and the space behind it.
func skipStructuredData(b []byte) ([]byte, error) {
	if len(b) > 0 && b[0] == '-' {
		b = b[1:]
		return bytes.TrimPrefix(b, []byte(" ")), nil
	}
	if len(b) == 0 || b[0] != '[' {
		return b, errors.New("the structured data is missing")
	}
	quoted, escaped := false, false
	for i, c := range b {
		switch {
		case escaped:
			escaped = false
		case quoted && c == '\\':
			escaped = true
		case c == '"':
			quoted = !quoted
		case c == ']' && !quoted && (i+1 == len(b) || b[i+1] != '['):
			return bytes.TrimPrefix(b[i+1:], []byte(" ")), nil
		}
	}
	return b, errors.New("the structured data does not end")
}

// Append writes a line as people see it, without a newline.
func Append(dst []byte, at time.Time, source, proc, text string) []byte {
	dst = at.UTC().AppendFormat(dst, timeFormat)
	dst = append(dst, ' ')
	dst = append(dst, source...)
	dst = append(dst, '[')
	dst = append(dst, proc...)
	dst = append(dst, "]: "...)
	return append(dst, text...)
}
