package local

import (
	"bufio"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

// maxLine is how many bytes of a line are kept in memory. A longer one is printed in pieces, each as a line.
const maxLine = 64 << 10

// copyLines hands on what it reads line by line, the last one also without an end. It returns at the end of r, or when r
// cannot be read any more.
func copyLines(r io.Reader, line func(text string)) {
	in := bufio.NewReaderSize(r, maxLine)
	var rest []byte // the first bytes of a character that a cut would have halved
	cut := false    // the line's beginning has been handed on already
	for {
		piece, err := in.ReadSlice('\n')
		piece = append(rest, piece...)
		rest = nil
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			whole := len(piece) - halved(piece)
			line(string(piece[:whole]))
			rest, cut = append(rest, piece[whole:]...), true
			continue
		case len(piece) > 0 && (!cut || string(piece) != "\n"):
			line(strings.TrimSuffix(strings.TrimSuffix(string(piece), "\n"), "\r"))
		}
		cut = false
		if err != nil {
			return
		}
	}
}

// halved is how many bytes at the end of text begin a character that does not end in it.
func halved(text []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(text); n++ {
		if begin := text[len(text)-n:]; utf8.RuneStart(begin[0]) {
			if utf8.FullRune(begin) {
				return 0
			}
			return n
		}
	}
	return 0
}
